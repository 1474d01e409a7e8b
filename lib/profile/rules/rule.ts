import type { Profile } from '../schema.ts';
import type { Path } from '../tree.ts';

/** Notes a problem at the most useful path of the profile. */
export type Report = (path: Path, expected: string, suggestion?: string) => void;

/** Something that must hold between several values of a profile that are each fine alone. */
export type Rule = (profile: Profile, report: Report) => void;
