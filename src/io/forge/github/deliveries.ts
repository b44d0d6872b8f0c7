// GitHub's webhook deliveries, which it stores for a few days: their content can be read, and failed ones can be requested again, since GitHub sends
// each only once by itself.

import type { SentWebhook, SentWebhooks } from '../../../ports/forge.ts';
import { type Attempt, leadsHere, summaryOf } from '../deliveries.ts';
import { type Client, type GitHub, orNothing } from './connect.ts';
import { allOf, pagesOf } from './pages.ts';

/** The API of one hook's deliveries. */
interface Hook {
  readonly client: Client;
  readonly path: string;
}

/** Null when the token may not see the hook, or Phoenix has none. */
export async function sentWebhooks(
  github: GitHub,
  publicUrl: string | null,
  since: Date,
): Promise<SentWebhooks | null> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return null;
  return summaryOf(await deliveriesSince(hook, since));
}

/** Requests deliveries again, by the ids of their attempts. One that the token may not request, or that is gone, is passed over. */
export async function redeliver(github: GitHub, publicUrl: string | null, ids: readonly number[]): Promise<void> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return;
  for (const id of ids) {
    const request = () => hook.client.request(`POST ${hook.path}/{delivery_id}/attempts`, { delivery_id: id });
    // The first two answer a token that may only read the deliveries, the others a delivery that GitHub does not send again.
    await orNothing(request, 403, 404, 400, 422);
  }
}

/** Null when GitHub has no such delivery, or the token may not see the hook. */
export async function sentWebhook(
  github: GitHub,
  publicUrl: string | null,
  guid: string,
  since: Date,
): Promise<SentWebhook | null> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return null;
  const attempt = (await deliveriesSince(hook, since)).find((each) => each.guid === guid);
  if (attempt === undefined) return null;
  const { data } = await hook.client.request(`GET ${hook.path}/{delivery_id}`, { delivery_id: attempt.id });
  const { event, request } = data as { readonly event: string; readonly request: { readonly payload: unknown } };
  return { event, payload: request.payload };
}

async function deliveriesSince({ client, path }: Hook, since: Date): Promise<Attempt[]> {
  const found: Attempt[] = [];
  for await (const page of pagesOf<Attempt>(client, `GET ${path}`, {})) {
    found.push(...page.filter(({ delivered_at: at }) => Date.parse(at) >= since.getTime()));
    const oldest = page.at(-1);
    if (oldest !== undefined && Date.parse(oldest.delivered_at) < since.getTime()) break;
  }
  return found;
}

interface HookResponse {
  readonly id: number;
  readonly config: { readonly url?: string };
}

async function hookOf(github: GitHub, publicUrl: string | null): Promise<Hook | null> {
  if (github.app !== null) return { client: github.app, path: '/app/hook/deliveries' };
  const { owner, repo } = github;
  const client = await github.client();
  try {
    const hooks = await allOf<HookResponse>(client, 'GET /repos/{owner}/{repo}/hooks', { owner, repo });
    const ours = hooks.find(({ config }) => leadsHere(config.url ?? '', publicUrl));
    return ours === undefined ? null : { client, path: `/repos/${owner}/${repo}/hooks/${ours.id}/deliveries` };
  } catch (error) {
    const { status } = error as { readonly status?: number };
    if (status === 403 || status === 404) return null;
    throw error;
  }
}
