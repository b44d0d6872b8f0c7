// GitLab's webhook events, which it stores for a week: how they ended can be read, and failed ones can be requested again. From its source
// (`lib/api/hooks/events.rb`, `lib/api/hooks/resend_hook.rb`, `app/services/web_hook_service.rb`): since 17.3, and since 17.4 for resending; a Maintainer may.

import type { SentWebhooks } from '../../../ports/forge.ts';
import { type Attempt, leadsHere, recordOf } from '../deliveries.ts';
import { Answered, type Client } from './client.ts';

/** GitLab accepts no larger page of events, which contain their payloads. */
const PER_PAGE = 20;
/** Maximum number of pages that are read: the newest decide whether webhooks arrive. */
const MAX_PAGES = 10;
/** GitLab resends five events of a webhook in a minute; the rest follow with the next look. */
const RESENT_AT_ONCE = 5;

interface Told {
  readonly id: number;
  readonly request_headers?: Readonly<Record<string, unknown>>;
  /** A code, or `internal error` where nothing answered. */
  readonly response_status: string;
  /** Absent in earlier versions. */
  readonly created_at?: string;
}

export interface DeliveriesOptions {
  readonly client: Client;
  /** The path of the project. */
  readonly project: string;
  readonly publicUrl: string | null;
}

/** Null when the token may not see the webhook or its events, Phoenix has none, or GitLab does not say when an event was sent. */
export async function sentWebhooks(options: DeliveriesOptions, since: Date): Promise<SentWebhooks | null> {
  return orNothing(async () => {
    const path = await hookPath(options);
    const told = path === null ? null : await attemptsSince(options.client, path, since);
    return told === null ? null : recordOf(told);
  });
}

/** Requests a few of them. What GitLab does not resend, such as after its address was changed, is left. */
export async function redeliver(options: DeliveriesOptions, ids: readonly number[]): Promise<void> {
  const path = await orNothing(() => hookPath(options));
  if (path === null) return;
  for (const id of ids.slice(0, RESENT_AT_ONCE)) {
    const isTaken = await orNothing(() => options.client.call('POST', `${path}/events/${id}/resend`));
    if (isTaken === null) return;
  }
}

async function hookPath({ client, project, publicUrl }: DeliveriesOptions): Promise<string | null> {
  const hooks = (await client.all(`${project}/hooks`)) as readonly { readonly id: number; readonly url: string }[];
  const ours = hooks.find(({ url }) => leadsHere(url, publicUrl));
  return ours === undefined ? null : `${project}/hooks/${ours.id}`;
}

/** Newest first, as GitLab lists them; null where one has no time. */
async function attemptsSince(client: Client, path: string, since: Date): Promise<Attempt[] | null> {
  const found: Attempt[] = [];
  let pages = 0;
  for await (const rows of client.pages(`${path}/events`, PER_PAGE)) {
    for (const told of rows as readonly Told[]) {
      const attempt = attemptOf(told);
      if (attempt === null) return null;
      if (Date.parse(attempt.delivered_at) < since.getTime()) return found;
      found.push(attempt);
    }
    pages += 1;
    if (pages === MAX_PAGES) break;
  }
  return found;
}

function attemptOf({
  id,
  request_headers: headers = {},
  response_status: status,
  created_at: at,
}: Told): Attempt | null {
  if (at === undefined) return null;
  const key = headers['Idempotency-Key'];
  const code = Number(status);
  return {
    id,
    guid: typeof key === 'string' ? key : String(id),
    delivered_at: at,
    ...(Number.isInteger(code) ? { status: '', status_code: code } : { status, status_code: 0 }),
  };
}

/** Null where the token may not, GitLab has no such thing, or takes no more for now; any other failure is one of the forge. */
async function orNothing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Answered && [403, 404, 422, 429].includes(error.status)) return null;
    throw error;
  }
}
