// The store of commit statuses; the validation of each kind of forge is with its routes.

export interface LabStatus {
  /** Shared by several where a forge changes a status instead of adding one. */
  readonly id: number;
  readonly sha: string;
  readonly creator: string;
  readonly context: string;
  /** The forge's name of the state. */
  readonly state: string;
  readonly description: string | null;
  readonly target_url: string | null;
  /** For GitLab: the pipeline that the job belongs to. */
  readonly pipeline?: number;
  readonly created_at: string;
  readonly updated_at: string;
}

type StatusGiven = Pick<LabStatus, 'sha' | 'creator' | 'context' | 'state' | 'description' | 'target_url' | 'pipeline'>;

export interface StatusStore {
  /** @param instead the status whose state this changes; absent: a new status */
  add(given: StatusGiven, instead?: LabStatus): LabStatus;
  /** Number of statuses of a context, case-insensitively. */
  count(sha: string, context: string): number;
  /** Newest first. */
  of(sha: string): readonly LabStatus[];
  /** The newest per context, in the order in which the contexts first appeared. */
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

/** The combined state of a commit: failure before pending before success; pending if there are no statuses. */
export function combined(statuses: readonly LabStatus[]): string {
  if (statuses.some(({ state }) => state === 'failure' || state === 'error')) return 'failure';
  if (statuses.length === 0 || statuses.some(({ state }) => state === 'pending')) return 'pending';
  return 'success';
}
