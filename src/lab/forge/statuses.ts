// Commit statuses as GitHub's REST keeps them, with its limits. Rules from GitHub's description of `POST
// /repos/{owner}/{repo}/statuses/{sha}`: four states, descriptions up to 140 characters, 1000 statuses per commit and context.

export interface LabStatus {
  readonly id: number;
  readonly sha: string;
  readonly creator: string;
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly target_url: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What GitHub would answer instead of taking the status: always with 422. */
interface Refusal {
  readonly message: string;
  readonly errors?: readonly Record<string, string>[];
}

export interface StatusBook {
  /** `sha` is known to the repository. */
  add(sha: string, request: Record<string, unknown>, now: Date, creator: string): LabStatus | Refusal;
  /** Newest first. */
  of(sha: string): readonly LabStatus[];
  /** The newest of each context, in the order in which they first came. */
  latest(sha: string): readonly LabStatus[];
  all(): readonly LabStatus[];
}

const STATES = ['error', 'failure', 'pending', 'success'];
const MAX_DESCRIPTION = 140;
const MAX_PER_CONTEXT = 1000;

export function openStatusBook(): StatusBook {
  const all: LabStatus[] = [];
  const counts = new Map<string, number>();

  return {
    add(sha, request, now, creator) {
      const refusal = check(request);
      if (refusal !== undefined) return refusal;
      const context = typeof request['context'] === 'string' ? request['context'] : 'default';
      const key = `${sha} ${context.toLowerCase()}`;
      const count = counts.get(key) ?? 0;
      if (count >= MAX_PER_CONTEXT) {
        return invalid('base', 'This SHA and context has reached the maximum number of statuses.');
      }
      counts.set(key, count + 1);
      const status: LabStatus = {
        id: all.length + 1,
        sha,
        creator,
        context,
        state: request['state'] as string,
        description: (request['description'] as string | null | undefined) ?? null,
        target_url: (request['target_url'] as string | null | undefined) ?? null,
        created_at: now.toISOString(),
        updated_at: now.toISOString(),
      };
      all.push(status);
      return status;
    },
    of: (sha) => all.filter((status) => status.sha === sha).reverse(),
    latest(sha) {
      const newest = new Map<string, LabStatus>();
      for (const status of all) if (status.sha === sha) newest.set(status.context.toLowerCase(), status);
      return [...newest.values()];
    },
    all: () => all,
  };
}

function check(request: Record<string, unknown>): Refusal | undefined {
  const { state, description, target_url: target } = request;
  if (typeof state !== 'string' || !STATES.includes(state))
    return invalid('state', 'state is not included in the list');
  if (typeof description === 'string' && [...description].length > MAX_DESCRIPTION) {
    return invalid('description', `description is too long (maximum is ${MAX_DESCRIPTION} characters)`);
  }
  if (typeof target === 'string' && !/^https?:\/\//.test(target)) {
    return invalid('target_url', 'target_url must use http(s) scheme');
  }
  return undefined;
}

function invalid(field: string, message: string): Refusal {
  return { message: 'Validation Failed', errors: [{ resource: 'Status', code: 'custom', field, message }] };
}

/** One state for a commit: failure before pending before success; pending when there are none. */
export function combined(statuses: readonly LabStatus[]): string {
  if (statuses.some(({ state }) => state === 'failure' || state === 'error')) return 'failure';
  if (statuses.length === 0 || statuses.some(({ state }) => state === 'pending')) return 'pending';
  return 'success';
}
