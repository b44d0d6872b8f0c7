// Observes a stack in Portainer. Its variables show its owner and which version was deployed.

import { readCompose } from '../../compose/compose.ts';
import type { BlobId } from '../../model/ids.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { HostReader, Wanted } from '../manager.ts';
import { ask, objectsIn, type Said } from '../portainer-api/call.ts';
import { type Container, containersIn } from '../portainer-api/containers.ts';
import { foldersOf, isThere, runInVm } from '../portainer-api/docker.ts';
import { type Endpoint, endpointsOf, noAnswerReason } from '../portainer-api/environments.ts';
import { readServerNote, SERVER_NOTE, type ServerNote, type Service } from '../portainer-api/service.ts';
import { isIntact, isOfVersion, withoutHeading } from './heading.ts';
import { NOTES, noteOf, notePath } from './note.ts';
import { revisionOf, type StackSpec } from './stack-spec.ts';

/** Names of the variables that Phoenix adds. */
export const OWNER = 'PHOENIX_TARGET';
export const REVISION = 'PHOENIX_REVISION';

export interface SeenStack {
  readonly id: number;
  readonly name: string;
  readonly endpoint: number;
  readonly status: 'active' | 'inactive' | 'deploying' | 'failed';
  readonly variables: ReadonlyMap<string, string>;
  /** Time of the last change, in seconds since 1970. */
  readonly updated: number;
  /** The failure of the last deployment: its message, and its time in milliseconds. */
  readonly failure: { readonly message: string; readonly at: number } | null;
}

export type StackObservation =
  | {
      readonly kind: 'seen';
      /** In milliseconds. */
      readonly now: number;
      /** Id of the environment in Portainer; null: none has this name. */
      readonly endpoint: number | null;
      readonly stack: SeenStack | null;
      /** Whether its file is unchanged since it was sent; true where this was not checked. */
      readonly intact: boolean;
      /** The file as Portainer has it, without the comment at its head; null where it was not read. */
      readonly text: string | null;
      /** Services of that file; null where unknown. */
      readonly services: readonly string[] | null;
      /** Containers of its compose project in the VM, running or not; null where they were not read. */
      readonly containers: readonly Container[] | null;
      /** Folders by volume name in its VM; null where they were not read. */
      readonly folders: ReadonlyMap<string, string> | null;
      readonly service: Service | null;
      /** Content of the note on the node; null: there is none. */
      readonly note: string | null;
    }
  | { readonly kind: 'unknown'; readonly reason: string; readonly passing: boolean };

/** Two requests to the server named in its note; none without a note. */
export interface StackInventory {
  readonly server: ServerNote | null;
  readonly endpoints: Said | readonly Endpoint[];
  readonly stacks: Said | readonly SeenStack[];
  /** Notes by path. */
  readonly notes: ReadonlyMap<string, string>;
  readonly now: number;
}

export async function inventoryOfStacks(host: HostReader): Promise<StackInventory> {
  const server = readServerNote(await host.readFile(SERVER_NOTE));
  const notes = await host.readFolders([NOTES]);
  const now = Date.now();
  if (server === null) return { server, endpoints: { kind: 'missing' }, stacks: { kind: 'missing' }, notes, now };
  const [endpoints, stacks] = await Promise.all([endpointsOf(host, server.service), stacksOf(host, server.service)]);
  return { server, endpoints, stacks, notes, now };
}

/** Null for a stack that was changed since it was noted: its file has to be read then. */
export function quickCheckOfStack(
  inventory: StackInventory,
  { target, spec: written }: Wanted<StackSpec>,
): StackObservation | null {
  const { server, endpoints, stacks, notes, now } = inventory;
  const spec = written as StackSpec | undefined;
  if (spec === undefined || server === null || !isList(endpoints) || !isList(stacks)) return null;
  if (JSON.stringify(server.service) !== JSON.stringify(spec.service)) return null;
  const { endpoint, stack } = find(spec, endpoints, stacks);
  const note = notes.get(notePath(target)) ?? null;
  if (stack === null || note !== noteOf(stack, revisionOf(spec))) return null;
  return { ...NOT_LOOKED, now, endpoint, stack, service: spec.service, note };
}

const NOT_LOOKED = { kind: 'seen', intact: true, text: null, services: null, containers: null, folders: null } as const;

export async function observeStack(host: HostReader, wanted: Wanted<StackSpec>): Promise<StackObservation> {
  const spec = wanted.spec;
  if (spec === undefined) return observeRemoved(host, wanted);
  const { service } = spec;
  const now = Date.now();
  const note = (await host.readFile(notePath(wanted.target))) ?? null;
  if (service === null) {
    return { ...NOT_LOOKED, now, endpoint: null, stack: null, service, note };
  }
  const [endpoints, stacks] = [await endpointsOf(host, service), await stacksOf(host, service)];
  if (!isList(endpoints)) return unknown(endpoints);
  if (!isList(stacks)) return unknown(stacks);
  const { endpoint, stack } = find(spec, endpoints, stacks);
  const isDeployed = stack?.variables.get(REVISION) === revisionOf(spec);
  const folders = isDeployed ? null : await foldersOf(host, spec.vm, spec.volumes);
  if (folders !== null && 'failure' in folders) return { kind: 'unknown', reason: folders.failure, passing: true };
  const file = stack === null ? null : await ask(host, service, `/stacks/${stack.id}/file`);
  const content = file?.kind === 'said' ? (file.value as JsonObject | null)?.['StackFileContent'] : undefined;
  const intact = typeof content !== 'string' || (isIntact(content) && isOfVersion(content, revisionOf(spec)));
  const containers = await projectContainers(host, spec.vm, spec.project);
  if ('failure' in containers) return { kind: 'unknown', reason: containers.failure, passing: true };
  const text = typeof content === 'string' ? withoutHeading(content) : null;
  const services = text === null ? null : servicesIn(text);
  return { kind: 'seen', now, endpoint, stack, intact, text, services, containers, folders, service, note };
}

/** Finds a removed stack by its owner variable, in any environment. */
async function observeRemoved(host: HostReader, { target, before }: Wanted<StackSpec>): Promise<StackObservation> {
  const note = readServerNote(await host.readFile(SERVER_NOTE));
  const was = before;
  const service = note?.service ?? was?.service ?? null;
  const own = (await host.readFile(notePath(target))) ?? null;
  const nothing = { ...NOT_LOOKED, endpoint: null, stack: null, now: Date.now(), note: own };
  // Without Portainer's key or its VM, nothing of the stack is left that Phoenix manages.
  if (service === null || note === null || !(await isThere(host, service.vm))) return { ...nothing, service };
  const stacks = await stacksOf(host, service);
  if (!isList(stacks)) return unknown(stacks);
  const stack = stacks.find(({ variables }) => variables.get(OWNER) === target) ?? null;
  if (stack !== null || own === null || was === undefined || !(await isThere(host, was.vm))) {
    return { ...nothing, stack, endpoint: stack?.endpoint ?? null, service };
  }
  // An interrupted creation that Portainer does not list may have left containers.
  const containers = await projectContainers(host, was.vm, was.project);
  if ('failure' in containers) return { kind: 'unknown', reason: containers.failure, passing: true };
  return { ...nothing, containers, service };
}

/** All containers with the project's name, whoever started them, since compose takes over all of them. */
async function projectContainers(
  host: HostReader,
  vm: number,
  project: string,
): Promise<readonly Container[] | { readonly failure: string }> {
  const filter = `label=com.docker.compose.project=${project}`;
  const asked = await runInVm(host, vm, [
    'docker',
    'ps',
    '--all',
    '--no-trunc',
    '--filter',
    filter,
    '--format',
    'json',
  ]);
  return 'failure' in asked ? asked : containersIn(asked.stdout);
}

function servicesIn(text: string): readonly string[] | null {
  return readCompose('', '' as BlobId, new TextEncoder().encode(text)).compose?.services ?? null;
}

function find(
  { environment, project }: StackSpec,
  endpoints: readonly Endpoint[],
  stacks: readonly SeenStack[],
): { readonly endpoint: number | null; readonly stack: SeenStack | null } {
  const endpoint = endpoints.find(({ name }) => name === environment)?.id ?? null;
  const stack = stacks.find((each) => each.endpoint === endpoint && each.name === project) ?? null;
  return { endpoint, stack };
}

function unknown(said: Said): StackObservation {
  if (said.kind === 'said') throw new Error('an answer of Portainer was not read');
  return { kind: 'unknown', ...noAnswerReason(said) };
}

function isList<T>(value: Said | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

async function stacksOf(host: HostReader, service: Service): Promise<Said | readonly SeenStack[]> {
  const said = await ask(host, service, '/stacks');
  return said.kind === 'said' ? objectsIn(said.value).map(stackIn) : said;
}

const STATUSES = { 1: 'active', 2: 'inactive', 3: 'deploying', 4: 'failed' } as const;

/** Older servers only have the states active and inactive, and the oldest none. */
function stackIn(entry: JsonObject): SeenStack {
  const pairs = objectsIn(entry['Env'] ?? null);
  const status = STATUSES[Number(entry['Status']) as keyof typeof STATUSES] ?? 'active';
  const last = objectsIn(entry['DeploymentStatus'] ?? null).at(-1);
  const updated = Math.max(numberOf(entry['UpdateDate']), numberOf(entry['CreationDate']));
  const ended = Math.max(updated, numberOf(last?.['Time']));
  return {
    id: Number(entry['Id']),
    name: String(entry['Name'] ?? '').toLowerCase(),
    endpoint: Number(entry['EndpointId']),
    status,
    updated,
    variables: new Map(pairs.map(({ name, value }) => [String(name), String(value ?? '')])),
    failure:
      status === 'failed' ? { message: String(last?.['Message'] ?? 'it does not say why'), at: ended * 1000 } : null,
  };
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0;
}
