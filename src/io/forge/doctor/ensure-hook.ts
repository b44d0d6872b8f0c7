// Creates the webhook of the repository, or updates the existing one.

import { connect, type GitHub } from '../github/connect.ts';
import { openClient } from '../gitlab/client.ts';
import type { ForgeOptions } from '../options.ts';
import { answerTo, probe, summarise } from './answer.ts';
import { observeHooks } from './hooks.ts';

const TIMEOUT_MS = 15_000;

export interface WantedHook {
  /** Address that it sends to. */
  readonly url: string;
  readonly secret: string;
  /** Names of the events in the forge's API. */
  readonly events: readonly string[];
}

/** `refused`: this login may not do it; `why` is the forge's answer. */
export type HookEnsured = { readonly done: 'made' | 'changed' } | { readonly done: 'refused'; readonly why: string };

/**
 * The hook with exactly that address gets the secret and the events; if there is none, it is created. Other hooks are left alone.
 *
 * @throws where the forge does not answer
 */
export async function ensureHook(options: ForgeOptions, wanted: WantedHook): Promise<HookEnsured> {
  const seen = await observeHooks(options);
  if (!seen.seen) return { done: 'refused', why: seen.why };
  const id = seen.hooks.find(({ url }) => url === wanted.url)?.id ?? null;
  const write = options.kind === 'gitlab' ? writeToGitLab : writeToGitHub;
  const answer = await write({ timeoutMs: TIMEOUT_MS, ...options }, id, wanted);
  if (answer.status >= 300) return { done: 'refused', why: summarise(answer) };
  return { done: id === null ? 'made' : 'changed' };
}

/**
 * Gitea and Forgejo accept the same request except for the type of hook, and cannot change the secret of an existing one (editHook): it is replaced.
 */
async function writeToGitHub(options: ForgeOptions, id: number | null, { url, secret, events }: WantedHook) {
  const github: GitHub = connect(options);
  const hook = { active: true, events, config: { url, secret, content_type: 'json' } };
  if (options.kind === 'gitea' && id !== null) {
    const made = await probe(github, 'POST /repos/{owner}/{repo}/hooks', { type: 'gitea', ...hook });
    if (made.status >= 300) return made;
    return probe(github, 'DELETE /repos/{owner}/{repo}/hooks/{hook_id}', { hook_id: id });
  }
  if (id !== null) return probe(github, 'PATCH /repos/{owner}/{repo}/hooks/{hook_id}', { hook_id: id, ...hook });
  const kind = options.kind === 'gitea' ? { type: 'gitea' } : { name: 'web' };
  return probe(github, 'POST /repos/{owner}/{repo}/hooks', { ...kind, ...hook });
}

function writeToGitLab({ login, ...options }: ForgeOptions, id: number | null, { url, secret, events }: WantedHook) {
  const client = openClient(options, login.as === 'token' ? login.token : () => '', { aheadMs: 0 });
  const path = `/projects/${encodeURIComponent(options.repository)}/hooks`;
  // GitLab enables push events by default, so every event is set explicitly.
  const hook = { url, token: secret, push_events: false, ...Object.fromEntries(events.map((event) => [event, true])) };
  return answerTo(async () => {
    const data = await (id === null ? client.call('POST', path, hook) : client.call('PUT', `${path}/${id}`, hook));
    return { status: 200, headers: {}, data };
  });
}
