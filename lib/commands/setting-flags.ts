import { ownText } from '../own-files.ts';
import { flagOf, type Problem, pathText } from '../profile/problem.ts';
import { readYamlFile } from '../yaml-text.ts';
import type { Option } from './options.ts';

/** A flag that stands for a setting of the profile when a role runs without one. */
export interface SettingFlag extends Option {
  value: string;
  /** Where the setting is in a profile, such as `['redis', 'maxmemory']`. */
  setting: readonly string[];
  /** Turns the text into the setting's value; text as it is where absent. */
  read?: (text: string) => unknown;
  /** Whether the text names a YAML file, in which the setting's value is. */
  isFile?: true;
}

/** What was given of a script's options, by their names. */
type GivenText = Record<string, string | true | undefined>;

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

/**
 * What the flags of a script say, in the shape of a profile. A part of it that has flags is there even when none of
 * them is given, so that what is missing in it is found one by one.
 * @throws UserError with exit code 2 for a file that cannot be read.
 */
export function settingsOf(
  flags: Record<string, SettingFlag>,
  given: GivenText,
): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, { setting, read, isFile }] of Object.entries(flags)) {
    let place = settings;
    for (const key of setting.slice(0, -1)) {
      place[key] ??= {};
      place = place[key] as Record<string, unknown>;
    }
    const text = given[name];
    if (typeof text !== 'string') continue;
    const value = isFile ? readYamlFile(`--${name}`, text) : read ? read(text) : text;
    place[setting.at(-1) ?? ''] = value;
  }
  return settings;
}

/**
 * The problems of such settings, each at the flag that gave the value, or at those that give what is missing. What no
 * flag gives is told once nothing else is wrong: until then it mostly follows from that.
 */
export function atFlags(
  problems: readonly Problem[],
  flags: Record<string, SettingFlag>,
  given: GivenText,
): Problem[] {
  const placed = problems.map((problem) => ({
    ...problem,
    typed: typedPlace(problem.path, flags, given),
  }));
  const mendable = placed.filter(({ typed }) => typed !== undefined);
  if (mendable.length > 0) return mendable;
  return problems.map((problem) => ({
    ...problem,
    typed: pathText(problem.path),
    expected: `${problem.expected}; no option gives this: write a profile and give --profile FILE`,
  }));
}

/** The flag at or above a path, with the rest of the path behind it; without one, the flags below; undefined without any. */
function typedPlace(
  path: Problem['path'],
  flags: Record<string, SettingFlag>,
  given: GivenText,
): string | undefined {
  if (path[0] === 'hosts') return '--host';
  const begins = (whole: Problem['path'], start: Problem['path']) =>
    start.every((key, index) => whole[index] === key);
  const entries = Object.entries(flags);
  const [nearest] = entries
    .filter(([, { setting }]) => begins(path, setting))
    .toSorted(([, one], [, other]) => other.setting.length - one.setting.length);
  if (nearest) {
    const [name, { setting, isFile }] = nearest;
    const file = isFile && given[name] !== undefined ? ` ${given[name]}` : '';
    const rest = pathText(path.slice(setting.length));
    return `--${name}${file}${rest && `: ${rest}`}`;
  }
  const below = entries.filter(([, { setting }]) => begins(setting, path));
  return below.map(([name]) => `--${name}`).join(', ') || undefined;
}

/** How the text of a flag becomes a value of a type; what it cannot be is left to the schema to refuse. */
const READ: Record<string, (text: string) => unknown> = {
  integer: (text) => (/^\d+$/.test(text) ? Number(text) : text),
  boolean: (text) => (/^(?:true|false)$/.test(text) ? text === 'true' : text),
};
