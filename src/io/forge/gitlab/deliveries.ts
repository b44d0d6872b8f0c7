// GitLab's webhook events, which it stores for a week: how they ended can be read, and failed ones can be requested again. From its source
// (`lib/api/hooks/events.rb`, `lib/api/hooks/resend_hook.rb`, `app/services/web_hook_service.rb`): since 17.3, and since 17.4 for resending; a Maintainer may.

import type { SentWebhooks } from '../../../ports/forge.ts';
import { type Attempt, leadsHere, summaryOf } from '../deliveries.ts';
import { Answered, type Client } from './client.ts';

/** GitLab accepts no larger page of events, which contain their payloads. */
const PER_PAGE = 20;
/** Maximum number of pages that are read: the newest decide whether webhooks arrive. */
const MAX_PAGES = 10;
/** GitLab takes five requests to resend events of a webhook in a minute, those that it refuses too; the rest follow with the next look. */
const ASKED_AT_ONCE = 5;

interface EventResponse {
  readonly id: number;
  /** The address that it was sent to. */
  readonly url?: string;
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
    const hook = await hookOf(options);
    const attempts = hook === null ? null : await attemptsSince(options.client, hook, since);
    return attempts === null ? null : summaryOf(attempts);
  });
}

/** Requests a few of them. Each that GitLab does not resend is left. */
export async function redeliver(options: DeliveriesOptions, ids: readonly number[]): Promise<void> {
  const hook = await orNothing(() => hookOf(options));
  if (hook === null) return;
  for (const id of ids.slice(0, ASKED_AT_ONCE)) {
    if (!(await mayGoOn(options.client, `${hook.path}/events/${id}/resend`))) return;
  }
}

/** Requests one; false where the token may not, or it is too many for now. */
async function mayGoOn(client: Client, path: string): Promise<boolean> {
  try {
    await client.call('POST', path);
    return true;
  } catch (error) {
    if (!(error instanceof Answered) || ![403, 404, 422, 429].includes(error.status)) throw error;
    // GitLab does not resend this one, or it did not arrive again.
    return error.status === 404 || error.status === 422;
  }
}

interface Hook {
  readonly path: string;
  readonly url: string;
}

async function hookOf({ client, project, publicUrl }: DeliveriesOptions): Promise<Hook | null> {
  const hooks = (await client.all(`${project}/hooks`)) as readonly { readonly id: number; readonly url: string }[];
  const ours = hooks.find(({ url }) => leadsHere(url, publicUrl));
  return ours === undefined ? null : { path: `${project}/hooks/${ours.id}`, url: ours.url };
}

/** Newest first, as GitLab lists them, without those to an earlier address, which it does not resend; null where one has no time. */
async function attemptsSince(client: Client, { path, url }: Hook, since: Date): Promise<Attempt[] | null> {
  const found: Attempt[] = [];
  let pages = 0;
  for await (const rows of client.pages(`${path}/events`, PER_PAGE)) {
    for (const event of rows as readonly EventResponse[]) {
      const attempt = attemptOf(event);
      if (attempt === null) return null;
      if (Date.parse(attempt.delivered_at) < since.getTime()) return found;
      if (event.url === undefined || event.url === url) found.push(attempt);
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
}: EventResponse): Attempt | null {
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

/** Null where the token may not, or GitLab has no such thing; any other failure is one of the forge. */
async function orNothing<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Answered && [403, 404].includes(error.status)) return null;
    throw error;
  }
}
