import { ownText } from '../own-files.ts';
import { flagOf } from '../profile/problem.ts';
import type { Option } from './options.ts';

/** A flag that stands for a setting of the profile when a role runs without one. */
export interface SettingFlag extends Option {
  value: string;
  /** Where the setting is in a profile, such as `['redis', 'maxmemory']`. */
  setting: readonly string[];
  /** Turns the text into the setting's value; text as it is where absent. Throws UserError when it cannot. */
  read?: (text: string) => unknown;
}

interface Property {
  type?: string;
  description?: string;
  properties?: Record<string, Property>;
}

/**
 * The flags for settings of a profile: `redis.maxmemory` becomes `--redis-maxmemory SIZE`, described as the profile's
 * schema describes it.
 * @param settings dotted paths, each with the word that stands for its value in `--help`
 * @throws TypeError for a path that the schema does not have.
 */
export function settingFlags(settings: Record<string, string>): Record<string, SettingFlag> {
  const schema: Property = JSON.parse(ownText('profiles/profile.schema.json'));
  return Object.fromEntries(
    Object.entries(settings).map(([path, value]) => {
      const setting = path.split('.');
      const found = setting.reduce<Property | undefined>(
        (at, key) => at?.properties?.[key],
        schema,
      );
      if (!found?.description) throw new TypeError(`the profile has no setting ${path}`);
      const flag: SettingFlag = { value, setting, help: found.description.replace(/\.$/, '') };
      const read = READ[found.type ?? ''];
      return [flagOf(setting).slice(2), read ? { ...flag, read } : flag];
    }),
  );
}

/** How the text of a flag becomes a value of a type; what it cannot be is left to the schema to refuse. */
const READ: Record<string, (text: string) => unknown> = {
  integer: (text) => (/^\d+$/.test(text) ? Number(text) : text),
  boolean: (text) => (/^(?:true|false)$/.test(text) ? text === 'true' : text),
};
