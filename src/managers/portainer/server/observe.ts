// Observes the Portainer server: what runs in its VM, and what it answers.

import type { JsonObject } from '../../../model/json.ts';
import type { HostReader, Wanted } from '../../manager.ts';
import { ask, objectsIn, type Said } from '../../portainer-api/call.ts';
import { type Container, containersIn } from '../../portainer-api/containers.ts';
import { foldersOf, isThere, runInVm } from '../../portainer-api/docker.ts';
import {
  readServerNote,
  SERVER_NOTE,
  SESSION_FILE,
  type ServerNote,
  type Service,
  TOKEN_FILE,
} from '../../portainer-api/service.ts';
import { PLACES, revisionOf, type ServerSpec } from './server-spec.ts';

export interface ServerObservation {
  readonly inside: Inside;
  readonly answers: Answers;
  /** The note on the node. */
  readonly note: ServerNote | null;
  readonly keptToken: boolean;
  readonly keptSession: boolean;
}

export type Inside =
  | {
      readonly kind: 'seen';
      /** Containers of the compose project. */
      readonly containers: readonly Container[];
      /** The revision that was started last; null before the first one. */
      readonly revision: string | null;
      /** The compose file that it was started with; null before the first start. */
      readonly compose: string | null;
      /** Folders by volume name; null where they were not read, since the server runs with them. */
      readonly folders: ReadonlyMap<string, string> | null;
      /** Token of a server that waits for its first administrator; null where it requires none. */
      readonly setupToken: string | null;
    }
  /** Not observed, since its answer proves that it runs. */
  | { readonly kind: 'trusted' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable'; readonly why: string };

interface Answers {
  readonly status: Said;
  readonly admin: 'there' | 'missing' | 'unknown';
  /** Whether Phoenix's key is accepted; null: the server did not answer. */
  readonly key: boolean | null;
  /** The administrator according to the stored session; null without a valid session. */
  readonly user: User | null;
}

export interface User {
  readonly id: number;
  /** Ids of keys that Phoenix created before and lost. */
  readonly ownKeys: readonly number[];
}

/** Description of Phoenix's keys. */
export const KEY_NAME = 'Phoenix';

const NOTHING: Answers = { status: { kind: 'missing' }, admin: 'unknown', key: null, user: null };

export async function observeServer(host: HostReader, wanted: Wanted<ServerSpec>): Promise<ServerObservation> {
  const spec = wanted.spec;
  const note = readServerNote(await host.readFile(SERVER_NOTE));
  const before = wanted.before;
  const service = spec?.service ?? before?.service ?? note?.service ?? null;
  const project = spec?.stack?.project ?? before?.stack?.project ?? note?.project ?? null;
  const [token, session] = await Promise.all([host.readFile(TOKEN_FILE), host.readFile(SESSION_FILE)]);
  const kept = { note, keptToken: token !== undefined, keptSession: session !== undefined };
  if (service === null) return { inside: { kind: 'absent' }, answers: NOTHING, ...kept };
  const inside = await observeInside(host, service.vm, project, spec ?? null);
  const runs = inside.kind === 'seen' && inside.containers.some(({ running }) => running);
  const asked = spec !== undefined && (runs || spec.stack === null);
  const answers = asked ? await question(host, service, kept.keptSession) : NOTHING;
  if (inside.kind !== 'seen' || answers.admin !== 'missing') return { inside, answers, ...kept };
  return {
    inside: { ...inside, setupToken: await setupTokenOf(host, service.vm, inside.containers) },
    answers,
    ...kept,
  };
}

async function observeInside(
  host: HostReader,
  vm: number,
  project: string | null,
  spec: ServerSpec | null,
): Promise<Inside> {
  if (project === null || !(await isThere(host, vm))) return { kind: 'absent' };
  const listing = await runInVm(host, vm, [
    'docker',
    'compose',
    '--project-name',
    project,
    'ps',
    '--all',
    '--format',
    'json',
  ]);
  if ('failure' in listing) return { kind: 'unreachable', why: listing.failure };
  const noted = await runInVm(host, vm, ['cat', PLACES.revision, PLACES.compose]);
  if ('failure' in noted && !/no such file/i.test(noted.stderr)) return { kind: 'unreachable', why: noted.failure };
  const containers = containersIn(listing.stdout);
  const [revision = null, compose = null] = 'failure' in noted ? [] : firstLineAndRest(noted.stdout);
  const isStarted = spec === null || (revision === revisionOf(spec) && containers.some(({ running }) => running));
  const folders = isStarted ? null : await foldersOf(host, vm, spec.stack?.volumes ?? []);
  if (folders !== null && 'failure' in folders) return { kind: 'unreachable', why: folders.failure };
  return { kind: 'seen', containers, revision, compose, folders, setupToken: null };
}

function firstLineAndRest(text: string): readonly [string, string] {
  const end = text.indexOf('\n');
  return end < 0 ? [text.trim(), ''] : [text.slice(0, end).trim(), text.slice(end + 1)];
}

async function question(host: HostReader, service: Service, hasSession: boolean): Promise<Answers> {
  const status = await ask(host, service, '/system/status', { by: 'nobody' });
  if (status.kind !== 'said') return { ...NOTHING, status };
  const me = await ask(host, service, '/users/me');
  const key = me.kind === 'said' ? true : me.kind === 'silent' ? null : false;
  if (key !== false) return { status, admin: 'there', key, user: null };
  const check = await ask(host, service, '/users/admin/check', { by: 'nobody' });
  const admin = check.kind === 'said' ? 'there' : check.kind === 'missing' ? 'missing' : 'unknown';
  const user = hasSession && admin === 'there' ? await userOf(host, service) : null;
  return { status: check.kind === 'closed' ? check : status, admin, key, user };
}

async function userOf(host: HostReader, service: Service): Promise<User | null> {
  const by = { bearer: SESSION_FILE };
  const me = await ask(host, service, '/users/me', { by });
  const id = me.kind === 'said' ? Number((me.value as JsonObject | null)?.['Id']) : Number.NaN;
  if (!Number.isInteger(id)) return null;
  const keys = await ask(host, service, `/users/${id}/tokens`, { by });
  const own = keys.kind === 'said' ? objectsIn(keys.value).filter((key) => key['description'] === KEY_NAME) : [];
  return { id, ownKeys: own.map((key) => Number(key['id'])) };
}

/** Newer servers log a token at their start, and accept no first administrator without it. It is worthless afterwards. */
async function setupTokenOf(host: HostReader, vm: number, containers: readonly Container[]): Promise<string | null> {
  for (const { name } of containers) {
    const log = await runInVm(host, vm, ['docker', 'logs', name]);
    const printed = 'failure' in log ? [] : [...log.stdout.matchAll(/setup_token=([0-9a-f]{64})\b/g)];
    const token = printed.at(-1)?.[1];
    if (token !== undefined) return token;
  }
  return null;
}
