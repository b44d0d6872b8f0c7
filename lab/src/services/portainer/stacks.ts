// The stack API of a Portainer server, after portainer/portainer: api/http/handler/stacks, api/stacks/stackbuilders and pkg/libstack/compose, at
// a904c74f (2.21 to 2.23) for servers that deploy within the request, and at 1e0ad941 (2.41) for those that deploy in the background. The older ones
// store nothing of a stack whose deployment fails; containers that were created until then stay nevertheless.

import { composeDown, composeUp, projectOf } from '../../guest/docker/compose.ts';
import { variablesIn } from '../../guest/docker/compose-file.ts';
import { isAtLeast, type StackEntry } from '../../guest/docker/portainer.ts';
import { DockerRefusal } from '../../guest/docker/refusal.ts';
import { changeState, type Root, readState } from '../../guest/docker/state.ts';
import { reach } from './agent.ts';
import { endpointOf } from './endpoints.ts';
import type { Answer, Handlers, Work } from './handler.ts';
import { PortainerRefusal } from './refusal.ts';

const ACTIVE = 1;
const INACTIVE = 2;
const DEPLOYING = 3;
const FAILED = 4;
const BACKGROUND = '2.41.0';
const IN_PROGRESS = 'Stack deployment is already in progress';
/** From this version on, `prune` removes services that are no longer in the file. */
const PRUNES = '2.36.0';
/** A background deployment ends at the next request for the stack, at the latest after this time. */
const MAX_MS = 1000;

export const STACKS: Handlers = {
  'get /stacks': async (work) => {
    const now = Date.now();
    for (const stack of work.database.stacks) if ((stack.pending?.until ?? Infinity) <= now) await settle(work, stack);
    const filters = filtersIn(work.query.get('filters') ?? '{}');
    const shown = work.database.stacks.filter(
      ({ EndpointId }) => filters.EndpointID === undefined || EndpointId === filters.EndpointID,
    );
    return { status: 200, body: shown.map(entry) };
  },
  'post /stacks/create/standalone/string': create,
  'get /stacks/{id}': async (work) => {
    const stack = stackOf(work);
    await settle(work, stack);
    return { status: 200, body: entry(stack) };
  },
  'put /stacks/{id}': update,
  'delete /stacks/{id}': async (work) => {
    const stack = stackOf(work);
    await down(work, stack, endpointAsked(work));
    work.database.stacks = work.database.stacks.filter((each) => each !== stack);
    return { status: 204 };
  },
  'get /stacks/{id}/file': (work) => ({ status: 200, body: { StackFileContent: stackOf(work).file } }),
  'post /stacks/{id}/start': async (work) => {
    const stack = stackOf(work);
    endpointOf(work, work.query.get('endpointId'));
    if (isAtLeast(work.version, BACKGROUND)) {
      if (stack.Status === ACTIVE) throw new PortainerRefusal(409, 'Unable to start stack', 'Stack is already active');
    } else {
      if (await isRunning(work, stack)) {
        throw new PortainerRefusal(409, `A stack with the name '${stack.Name}' is already running`);
      }
      if (stack.Status === ACTIVE) throw new PortainerRefusal(400, 'Stack is already active');
    }
    if (stack.Status === DEPLOYING) throw new PortainerRefusal(409, 'Unable to start stack', IN_PROGRESS);
    if (stack.Status === FAILED) {
      const last = stack.DeploymentStatus?.at(-1)?.Message ?? 'Stack is in error state';
      throw new PortainerRefusal(409, 'Unable to start stack', last);
    }
    await deploy(work, stack, false);
    return { status: 200, body: entry(stack) };
  },
  'post /stacks/{id}/stop': async (work) => {
    const stack = stackOf(work);
    const endpoint = endpointAsked(work);
    if (stack.Status === INACTIVE) throw new PortainerRefusal(400, 'Stack is already inactive');
    await down(work, stack, endpoint);
    stack.Status = INACTIVE;
    return { status: 200, body: entry(stack) };
  },
};

function filtersIn(text: string): { readonly EndpointID?: number } {
  try {
    return JSON.parse(text) as { readonly EndpointID?: number };
  } catch (error) {
    throw new PortainerRefusal(400, 'Invalid query parameter: filters', String(error));
  }
}

/** A stack runs if there are containers of its project (stack_start.go). */
async function isRunning(work: Work, stack: StackEntry): Promise<boolean> {
  const root = await reach(work.peer, endpointOf(work, String(stack.EndpointId)).URL, work.signing);
  return projectOf(readState(root), stack.Name).length > 0;
}

function entry({ file: _, pending: __, ...shown }: StackEntry): object {
  return { ...shown, EntryPoint: 'docker-compose.yml' };
}

async function create(work: Work): Promise<Answer> {
  const { database, fields } = work;
  const endpoint = endpointOf(work, work.query.get('endpointId'));
  const name = String(fields['name'])
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]+/g, '');
  const file = String(fields['stackfilecontent']);
  if (name === '') throw new PortainerRefusal(400, 'Invalid request payload', 'Invalid stack name');
  if (file === '') throw new PortainerRefusal(400, 'Invalid request payload', 'Invalid stack file content');
  const root = await reach(work.peer, endpoint.URL, work.signing);
  if (isTaken(work, name, endpoint.Id, root)) {
    throw new PortainerRefusal(409, `A stack with the normalized name '${name}' already exists`);
  }
  const stack: StackEntry = {
    Id: database.next,
    Name: name,
    Type: 2,
    EndpointId: endpoint.Id,
    Status: ACTIVE,
    Env: envIn(fields),
    CreationDate: Math.floor(Date.now() / 1000),
    UpdateDate: 0,
    file,
  };
  database.next += 1;
  await deploy(work, stack, false);
  database.stacks.push(stack);
  return { status: 200, body: entry(stack) };
}

/**
 * Whether the name is taken. Containers of a project alone do not make it so: compose then takes them over. An older server counts them if a stack of
 * any environment has the name (create_compose_stack.go, ensureUniqueComposeStackName).
 */
function isTaken({ database, version }: Work, name: string, endpoint: number, root: Root): boolean {
  const same = database.stacks.filter((each) => each.Name === name);
  if (same.some(({ EndpointId }) => EndpointId === endpoint)) return true;
  return !isAtLeast(version, BACKGROUND) && same.length > 0 && projectOf(readState(root), name).length > 0;
}

async function update(work: Work): Promise<Answer> {
  const { fields } = work;
  const stack = stackOf(work);
  if (stack.Status === DEPLOYING) throw new PortainerRefusal(409, 'Unable to update stack', IN_PROGRESS);
  stack.EndpointId = endpointOf(work, work.query.get('endpointId')).Id;
  const file = String(fields['stackfilecontent']);
  if (file === '') throw new PortainerRefusal(400, 'Invalid request payload', 'Invalid stack file content');
  const before = { file: stack.file, Env: stack.Env, UpdateDate: stack.UpdateDate, EndpointId: stack.EndpointId };
  Object.assign(stack, { file, Env: envIn(fields), UpdateDate: Math.floor(Date.now() / 1000) });
  try {
    await deploy(work, stack, fields['prune'] === true && isAtLeast(work.version, PRUNES), before.file);
  } catch (error) {
    Object.assign(stack, before);
    throw error;
  }
  return { status: 200, body: entry(stack) };
}

/** @param fileBefore restored when the background deployment fails, without the variables that belonged to it (stack_update.go, postDeploy) */
async function deploy(work: Work, stack: StackEntry, prune: boolean, fileBefore?: string): Promise<void> {
  if (isAtLeast(work.version, BACKGROUND)) {
    const undeploy = stack.Status === FAILED;
    stack.Status = DEPLOYING;
    stack.DeploymentStatus = [{ Status: DEPLOYING, Time: Math.floor(Date.now() / 1000) }];
    const file = fileBefore === undefined ? {} : { fileBefore };
    stack.pending = { prune, undeploy, until: Date.now() + MAX_MS, ...file };
    return;
  }
  await up(work, stack, prune).catch((error: unknown) => {
    if (!(error instanceof DockerRefusal)) throw error;
    throw new PortainerRefusal(500, `failed to deploy a stack: ${error.message}`);
  });
  stack.Status = ACTIVE;
}

/** Ends a background deployment. */
async function settle(work: Work, stack: StackEntry): Promise<void> {
  if (stack.pending === undefined) return;
  const { prune, undeploy = false, fileBefore } = stack.pending;
  delete stack.pending;
  const ended = (Status: number, more: object = {}): void => {
    stack.Status = Status;
    const Time = Math.floor(Date.now() / 1000);
    stack.DeploymentStatus = [...(stack.DeploymentStatus ?? []), { Status, Time, ...more }];
  };
  try {
    if (undeploy) await down(work, stack, endpointOf(work, String(stack.EndpointId)).URL);
    await up(work, stack, prune);
    ended(ACTIVE);
  } catch (error) {
    ended(FAILED, { Message: `failed to deploy a stack: ${error instanceof Error ? error.message : String(error)}` });
    if (fileBefore !== undefined) stack.file = fileBefore;
  }
}

/** The environment that a request names, which is not always that of its stack (stack_delete.go, stack_stop.go). */
function endpointAsked(work: Work): string {
  return endpointOf(work, work.query.get('endpointId')).URL;
}

/** @param url of the environment where its containers are removed */
async function down(work: Work, stack: StackEntry, url: string): Promise<void> {
  const root = await reach(work.peer, url, work.signing);
  changeState(root, (state) => composeDown(state, stack.Name));
}

async function up(work: Work, stack: StackEntry, prune: boolean): Promise<void> {
  const root = await reach(work.peer, endpointOf(work, String(stack.EndpointId)).URL, work.signing);
  const text = stackEnv(stack);
  const folder = `/data/compose/${stack.Id}`;
  // Compose runs in Portainer's container, where the only other file is the one that Portainer wrote.
  const beside = { folder, textOf: (path: string) => (path === `${folder}/stack.env` && text !== '' ? text : null) };
  changeState(root, (state) =>
    composeUp(root, state, {
      project: stack.Name,
      text: stack.file,
      variables: variablesIn(text),
      beside,
      removeOrphans: prune,
    }),
  );
}

/** The env file for compose, values unquoted (portainer/portainer, api/exec/compose_stack.go, copyConfigEnvVars). */
function stackEnv({ Env }: StackEntry): string {
  return Env.map(({ name, value }) => `${name}=${value}\n`).join('');
}

function envIn(fields: Work['fields']): StackEntry['Env'] {
  const pairs = (fields['env'] ?? []) as readonly { name?: string; value?: string }[];
  return pairs.map(({ name = '', value = '' }) => ({ name, value }));
}

function stackOf({ database, operation }: Work): StackEntry {
  const found = database.stacks.find(({ Id }) => Id === Number(operation.params['id']));
  if (found === undefined) {
    throw new PortainerRefusal(404, 'Unable to find a stack with the specified identifier inside the database');
  }
  return found;
}
