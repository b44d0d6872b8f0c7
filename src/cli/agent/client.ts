// The HTTP client for commands that talk to the agent.

import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { RunJson } from '../../agent/http/run-json.ts';
import { certificateFault } from '../../io/authorities.ts';
import type { TargetId } from '../../model/ids.ts';
import type { StepRecord } from '../../model/run.ts';
import type { ClientSettings } from '../../settings/client.ts';
import { connectionFault } from '../connection-fault.ts';
import { EXIT, type Io } from '../io.ts';
import { clientSettings } from '../read-settings.ts';

/** How long to reconnect before following a run is abandoned: enough for a restart of the agent. */
const RECONNECT_FOR_MS = 60_000;
const RECONNECT_AFTER_MS = 500;

/** The command failed: message and remedy for people, exit code for programs. */
export class ClientFailure extends Error {
  override readonly name = 'ClientFailure';
  readonly hint: string;
  readonly exit: number;
  /** Whether the agent answers this caller nothing. */
  readonly isUnauthorised: boolean;

  constructor(
    message: string,
    hint: string,
    exit: number,
    { isUnauthorised = false, ...options }: ErrorOptions & { readonly isUnauthorised?: boolean } = {},
  ) {
    super(message, options);
    this.hint = hint;
    this.exit = exit;
    this.isUnauthorised = isUnauthorised;
  }
}

interface Followed {
  readonly onRun?: (run: RunJson) => void;
  readonly onLog?: (target: TargetId, lines: readonly string[]) => void;
  /** Stops following early when it returns true. */
  readonly enough?: (run: RunJson) => boolean;
}

export interface Client {
  /** @param withinMs time limit; default: none. @throws ClientFailure */
  get<T>(path: string, withinMs?: number): Promise<T>;
  /** @throws ClientFailure */
  post<T>(path: string, body: object): Promise<T>;
  /**
   * Resolves to the finished run. Resumes after a lost connection. @throws ClientFailure
   */
  follow(run: string, followed: Followed): Promise<RunJson>;
}

/** @throws ClientFailure if the environment does not name an agent */
export function clientOf(io: Io): Client {
  return openClient(settingsOf(io));
}

/** Where its pages are too. @throws ClientFailure if the environment does not name an agent */
export function agentUrl(io: Io): string {
  return settingsOf(io).url;
}

function settingsOf(io: Io): ClientSettings {
  const { settings, problems } = clientSettings(io.env);
  const [problem] = problems;
  if (problem !== undefined) throw new ClientFailure(problem.message, problem.hint, EXIT.usage);
  return settings;
}

export function openClient({ url, token: held }: ClientSettings): Client {
  const token: Record<string, string> = held === null ? {} : { authorization: `Bearer ${held.expose()}` };

  async function request(
    path: string,
    init: { readonly headers?: Record<string, string> } & RequestInit,
  ): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${url}/api${path}`, {
        ...init,
        headers: { ...token, ...init.headers },
        redirect: 'error',
      });
    } catch (cause) {
      const certificate = certificateFault(cause);
      if (certificate !== null) {
        throw new ClientFailure(`${url}: ${certificate.what}`, certificate.remedy, EXIT.missing, { cause });
      }
      const hint = 'start it with phoenix serve, or set PHOENIX_URL to where it listens';
      throw new ClientFailure(`no agent answers at ${url}: ${connectionFault(cause)}`, hint, EXIT.missing, { cause });
    }
    if (!response.ok) throw await failureOf(response, url);
    return response;
  }

  return {
    async get<T>(path: string, withinMs?: number) {
      const limit = withinMs === undefined ? {} : { signal: AbortSignal.timeout(withinMs) };
      return jsonOf<T>(await request(path, limit), url);
    },
    async post<T>(path: string, body: object) {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      return jsonOf<T>(await request(path, init), url);
    },
    async follow(run, followed) {
      let lastEventId = '';
      let heard = false;
      let giveUp = performance.now() + RECONNECT_FOR_MS;
      for (;;) {
        try {
          const path = `/runs/${encodeURIComponent(run)}/events`;
          const known: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
          const response = await request(path, { headers: known });
          const end = await readEvents(response, followed, (id) => {
            heard = true;
            lastEventId = id ?? lastEventId;
            giveUp = performance.now() + RECONNECT_FOR_MS;
          });
          if (end !== null) return end;
        } catch (error) {
          const passing = !(error instanceof ClientFailure) || error.exit === EXIT.missing;
          if (!passing || !heard || performance.now() > giveUp) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_AFTER_MS));
      }
    },
  };
}

/** The run once it is finished or sufficient; null if the connection was lost. */
async function readEvents(
  response: Response,
  followed: Followed,
  heard: (id: string | undefined) => void,
): Promise<RunJson | null> {
  let end: RunJson | null = null;
  let known: RunJson | null = null;
  const onEvent = ({ event, data, id }: EventSourceMessage) => {
    heard(id);
    if (event === 'log') {
      const { target, lines } = JSON.parse(data) as { target: TargetId; lines: string[] };
      followed.onLog?.(target, lines);
      return;
    }
    const told = JSON.parse(data) as RunJson | StepRecord;
    const run = 'steps' in told ? told : withStep(known, told);
    if (run === null) return;
    known = run;
    // The last steps may only be reported with the end.
    followed.onRun?.(run);
    if (event === 'end' || followed.enough?.(run) === true) end = run;
  };
  const parser = createParser({ onEvent });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (end !== null) break;
  }
  return end;
}

/** The run with the updated step. */
function withStep(run: RunJson | null, step: StepRecord): RunJson | null {
  if (run === null) return null;
  return { ...run, steps: run.steps.map((each) => (each.target === step.target ? step : each)) };
}

async function jsonOf<T>(response: Response, url: string): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (cause) {
    throw new ClientFailure(`what answers at ${url} is no Phoenix`, 'set PHOENIX_URL', EXIT.missing, { cause });
  }
}

async function failureOf(response: Response, url: string): Promise<ClientFailure> {
  const body = (await response.json().catch(() => null)) as { error?: { message?: string; hint?: string } } | null;
  const message = body?.error?.message ?? `${url} answers ${response.status} ${response.statusText}`;
  if (response.status === 401) {
    const hint = 'set PHOENIX_ADMIN_TOKEN, or PHOENIX_ADMIN_TOKEN_FILE, to the token of the agent';
    return new ClientFailure(message, hint, EXIT.usage, { isUnauthorised: true });
  }
  const hint = body?.error?.hint ?? 'is PHOENIX_URL the address of a Phoenix?';
  return new ClientFailure(message, hint, exitFor(response.status));
}

/** What the agent cannot understand was written wrongly, such as the name of a target. */
function exitFor(status: number): number {
  if (status >= 500) return EXIT.missing;
  return status === 400 ? EXIT.usage : EXIT.no;
}
