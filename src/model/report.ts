// What is written on a commit, before it is turned into a forge's own request.

export type StatusState = 'pending' | 'success' | 'failure' | 'error';

export interface CommitStatus {
  readonly commit: string;
  /** `phoenix/apply`, `phoenix/plan`, `phoenix/drift` or `phoenix/<kind>/<name>`. */
  readonly context: string;
  readonly state: StatusState;
  /** At most 140 characters; no durations or times. */
  readonly description: string;
  /** Where the details are; null when no public URL is set. */
  readonly url: string | null;
}
