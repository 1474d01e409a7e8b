import type { Deployment } from '../deployment.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Finding } from '../validation/check.ts';
import type { Remembered } from './history.ts';

/** What a report is made from. */
export interface ReportInput {
  deployment: Deployment;
  /** For what is derived from them: the identity and the addresses. None of them is ever written. */
  secrets: Secrets;
  /** What validation found; absent when it did not run. */
  findings?: readonly Finding[];
  /** What the last report remembered; absent for the first. */
  previous?: Remembered;
  now: Date;
}
