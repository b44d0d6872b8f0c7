// Commit statuses, as every kind of forge keeps them; what each kind refuses stands with its routes.

export interface LabStatus {
  /** Several have the same where a forge changes a status rather than adding one. */
  readonly id: number;
  readonly sha: string;
  readonly creator: string;
  readonly context: string;
  /** In the forge's words. */
  readonly state: string;
  readonly description: string | null;
  readonly target_url: string | null;
  /** Of GitLab: the pipeline whose job it is. */
  readonly pipeline?: number;
  readonly created_at: string;
  readonly updated_at: string;
}

type StatusGiven = Pick<LabStatus, 'sha' | 'creator' | 'context' | 'state' | 'description' | 'target_url' | 'pipeline'>;

export interface StatusStore {
  /** @param instead of which one it is the new state; none when it is one of its own */
  add(given: StatusGiven, instead?: LabStatus): LabStatus;
  /** How many there are of a context, in any case. */
  count(sha: string, context: string): number;
  /** Newest first. */
  of(sha: string): readonly LabStatus[];
  /** The newest of each context, in the order in which they first came. */
  latest(sha: string): readonly LabStatus[];
  all(): readonly LabStatus[];
}

export function openStatusStore(): StatusStore {
  const all: LabStatus[] = [];
  const counts = new Map<string, number>();
  const key = (sha: string, context: string) => `${sha} ${context.toLowerCase()}`;

  return {
    add(given, instead) {
      const now = new Date().toISOString();
      const { id, created_at } = instead ?? { id: all.length + 1, created_at: now };
      const status = { ...given, id, created_at, updated_at: now };
      all.push(status);
      counts.set(key(given.sha, given.context), this.count(given.sha, given.context) + 1);
      return status;
    },
    count: (sha, context) => counts.get(key(sha, context)) ?? 0,
    of: (sha) => all.filter((status) => status.sha === sha).reverse(),
    latest(sha) {
      const newest = new Map<string, LabStatus>();
      for (const status of all) if (status.sha === sha) newest.set(status.context.toLowerCase(), status);
      return [...newest.values()];
    },
    all: () => all,
  };
}

/** One state for a commit: failure before pending before success; pending when there are none. */
export function combined(statuses: readonly LabStatus[]): string {
  if (statuses.some(({ state }) => state === 'failure' || state === 'error')) return 'failure';
  if (statuses.length === 0 || statuses.some(({ state }) => state === 'pending')) return 'pending';
  return 'success';
}
