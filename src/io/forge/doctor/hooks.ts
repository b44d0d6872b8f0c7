// Reads the webhooks of the repository, or of the App, as far as the login may see them, and sends test deliveries.

import { connect, type GitHub } from '../github/connect.ts';
import { allOf } from '../github/pages.ts';
import { type Client, openClient } from '../gitlab/client.ts';
import type { ForgeOptions } from '../options.ts';
import { answerTo, probe, summarise } from './answer.ts';

const TIMEOUT_MS = 8_000;

export interface Hook {
  readonly id: number;
  readonly url: string;
  readonly active: boolean;
  readonly contentType: 'json' | 'form';
  /** The forge's names of the events; on GitLab the names of its boolean fields. */
  readonly events: readonly string[];
  /** The result of its last delivery according to the forge; null where unknown. */
  readonly last: { readonly ok: boolean; readonly code: number; readonly said: string } | null;
}

export type HooksSeen =
  | {
      readonly seen: true;
      readonly hooks: readonly Hook[];
      /** Requests a test delivery, which changes nothing, and resolves to why there is none; null where the forge does not offer it. */
      readonly test: ((hook: Hook) => Promise<string | null>) | null;
    }
  | { readonly seen: false; readonly why: string };

/** @throws when the forge does not answer */
export function observeHooks(options: ForgeOptions): Promise<HooksSeen> {
  const within = { timeoutMs: TIMEOUT_MS, ...options };
  if (options.kind === 'gitlab') return gitlabHooks(within);
  const github = connect(within);
  return github.app === null ? repositoryHooks(github) : appHook(github);
}

interface GitHubHook {
  readonly id: number;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly config: { readonly url?: string; readonly content_type?: string };
  /** GitHub only. */
  readonly last_response?: { readonly code: number | null; readonly message: string | null };
}

/** Gitea and Forgejo have the same API as GitHub. */
async function repositoryHooks(github: GitHub): Promise<HooksSeen> {
  const { owner, repo, kind } = github;
  const first = await probe(github, 'GET /repos/{owner}/{repo}/hooks', { per_page: 1, limit: 1 });
  if (first.status !== 200) return { seen: false, why: summarise(first) };
  const hooks = await allOf<GitHubHook>(await github.client(), 'GET /repos/{owner}/{repo}/hooks', { owner, repo });
  const path = kind === 'gitea' ? 'tests' : 'pings';
  return {
    seen: true,
    hooks: hooks.map(hookOf),
    async test({ id }) {
      const answer = await probe(github, `POST /repos/{owner}/{repo}/hooks/{hook_id}/${path}`, { hook_id: id });
      return answer.status < 300 ? null : summarise(answer);
    },
  };
}

function hookOf({ id, active, events, config, last_response: last }: GitHubHook): Hook {
  const code = last?.code ?? null;
  const said = last?.message ?? '';
  return {
    id,
    url: config.url ?? '',
    active,
    contentType: config.content_type === 'json' ? 'json' : 'form',
    events,
    last:
      code === null
        ? null
        : { ok: code >= 200 && code < 300, code, said: `HTTP ${code}${said === '' ? '' : `: ${said}`}` },
  };
}

/** An App has one webhook for all repositories that it is installed on. It cannot be tested, but GitHub lists its deliveries. */
async function appHook({ app }: GitHub): Promise<HooksSeen> {
  if (app === null) return { seen: false, why: 'there is no App' };
  const config = await answerTo(() => app.request('GET /app/hook/config'));
  if (config.status !== 200) return { seen: false, why: summarise(config) };
  const { url = '', content_type: type = 'form' } = config.data as GitHubHook['config'];
  const { data } = await app.request('GET /app');
  const events = (data as { readonly events?: readonly string[] } | null)?.events ?? [];
  const deliveries = await answerTo(() => app.request('GET /app/hook/deliveries', { per_page: 1 }));
  const [newest] = (deliveries.status === 200 ? deliveries.data : []) as readonly {
    readonly status: string;
    readonly status_code: number;
  }[];
  const last =
    newest === undefined
      ? null
      : {
          ok: newest.status_code >= 200 && newest.status_code < 300,
          code: newest.status_code,
          said: `HTTP ${newest.status_code}: ${newest.status}`,
        };
  const hook: Hook = { id: 0, url, active: true, contentType: type === 'json' ? 'json' : 'form', events, last };
  return { seen: true, hooks: [hook], test: null };
}

interface GitLabHook {
  readonly id: number;
  readonly url: string;
  readonly alert_status?: string;
  readonly disabled_until?: string | null;
}

/** Suffix of GitLab's event fields. */
const EVENTS = /_events$/;

async function gitlabHooks({ login, ...options }: ForgeOptions): Promise<HooksSeen> {
  const client: Client = openClient(options, login.as === 'token' ? login.token : () => '', { aheadMs: 0 });
  const path = `/projects/${encodeURIComponent(options.repository)}/hooks`;
  const call = (method: 'GET' | 'POST', at: string) =>
    answerTo(async () => ({ status: 200, headers: {}, data: await client.call(method, at) }));
  const first = await call('GET', path);
  if (first.status !== 200) return { seen: false, why: summarise(first) };
  const told = (await client.all(path)) as readonly (GitLabHook & Readonly<Record<string, unknown>>)[];
  /** Null before version 17.3, which has no record of events, and before the first event. */
  const lastOf = async ({ id }: GitLabHook): Promise<Hook['last']> => {
    const { status, data } = await call('GET', `${path}/${id}/events?per_page=1`);
    const [newest] = (status === 200 ? data : []) as readonly { readonly response_status: string }[];
    return newest === undefined ? null : endOf(newest.response_status);
  };
  const hooks = await Promise.all(
    told.map(
      async (hook): Promise<Hook> => ({
        id: hook.id,
        url: hook.url,
        active: (hook.alert_status ?? 'executable') === 'executable',
        contentType: 'json',
        events: Object.keys(hook).filter((name) => EVENTS.test(name) && hook[name] === true),
        last: await lastOf(hook),
      }),
    ),
  );
  return {
    seen: true,
    hooks,
    async test({ id }) {
      const answer = await call('POST', `${path}/${id}/test/push_events`);
      return answer.status < 300 ? null : summarise(answer);
    },
  };
}

/** @param status a code, or `internal error` where nothing answered */
function endOf(status: string): NonNullable<Hook['last']> {
  const code = Number(status);
  if (!Number.isInteger(code)) return { ok: false, code: 0, said: status };
  return { ok: code >= 200 && code < 300, code, said: `HTTP ${code}` };
}
