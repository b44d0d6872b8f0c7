// Stacks of a Portainer server. Since 2.41 they are deployed in the background, and the request ends before; until then the request
// takes as long, and one that fails leaves nothing.

import { composeDown, composeUp, projectOf, variablesIn } from '../../guest/docker/compose.ts';
import { isAtLeast, type StackEntry } from '../../guest/docker/portainer.ts';
import { DockerRefusal } from '../../guest/docker/refusal.ts';
import { readState, writeState } from '../../guest/docker/state.ts';
import { reach } from './agent.ts';
import { endpointOf } from './endpoints.ts';
import { PortainerRefusal } from './refusal.ts';
import type { Answer, Handlers, Work } from './server.ts';

const ACTIVE = 1;
const INACTIVE = 2;
const DEPLOYING = 3;
const FAILED = 4;
const BACKGROUND = '2.41.0';
/** Since then services that are no longer in a file go when they are asked to. */
const PRUNES = '2.36.0';
/** What goes on in the background ends when somebody asks for the stack, and by itself after so long. */
const LONGEST_MS = 1000;

export const STACKS: Handlers = {
  'get /stacks': async (work) => {
    const now = Date.now();
    for (const stack of work.database.stacks) if ((stack.pending?.until ?? Infinity) <= now) await settle(work, stack);
    const filters = JSON.parse(work.query.get('filters') ?? '{}') as { EndpointID?: number };
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
    const root = await reach(work.peer, endpointOf(work, String(stack.EndpointId)).URL, work.database.instance);
    const state = readState(root);
    composeDown(state, stack.Name);
    writeState(root, state);
    work.database.stacks = work.database.stacks.filter((each) => each !== stack);
    return { status: 204 };
  },
  'get /stacks/{id}/file': (work) => ({ status: 200, body: { StackFileContent: stackOf(work).file } }),
  'post /stacks/{id}/start': async (work) => {
    const stack = stackOf(work);
    if (stack.Status === ACTIVE) throw new PortainerRefusal(400, 'Stack is already active');
    await deploy(work, stack, false);
    return { status: 200, body: entry(stack) };
  },
  'post /stacks/{id}/stop': async (work) => {
    const stack = stackOf(work);
    if (stack.Status === INACTIVE) throw new PortainerRefusal(400, 'Stack is already inactive');
    const root = await reach(work.peer, endpointOf(work, String(stack.EndpointId)).URL, work.database.instance);
    const state = readState(root);
    composeDown(state, stack.Name);
    writeState(root, state);
    stack.Status = INACTIVE;
    return { status: 200, body: entry(stack) };
  },
};

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
  const root = await reach(work.peer, endpoint.URL, database.instance);
  const taken = database.stacks.some((each) => each.Name === name && each.EndpointId === endpoint.Id);
  if (taken || projectOf(readState(root), name).length > 0) {
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

async function update(work: Work): Promise<Answer> {
  const { fields } = work;
  const stack = stackOf(work);
  endpointOf(work, work.query.get('endpointId'));
  if (stack.Status === DEPLOYING) throw new PortainerRefusal(409, 'Stack deployment is already in progress');
  const file = String(fields['stackfilecontent']);
  if (file === '') throw new PortainerRefusal(400, 'Invalid request payload', 'Invalid stack file content');
  const before = { file: stack.file, Env: stack.Env, UpdateDate: stack.UpdateDate };
  Object.assign(stack, { file, Env: envIn(fields), UpdateDate: Math.floor(Date.now() / 1000) });
  try {
    await deploy(work, stack, fields['prune'] === true && isAtLeast(work.version, PRUNES));
  } catch (error) {
    Object.assign(stack, before);
    throw error;
  }
  return { status: 200, body: entry(stack) };
}

async function deploy(work: Work, stack: StackEntry, prune: boolean): Promise<void> {
  if (isAtLeast(work.version, BACKGROUND)) {
    stack.Status = DEPLOYING;
    stack.pending = { prune, until: Date.now() + LONGEST_MS };
    return;
  }
  await up(work, stack, prune).catch((error: unknown) => {
    if (!(error instanceof DockerRefusal)) throw error;
    throw new PortainerRefusal(500, `failed to deploy a stack: ${error.message}`);
  });
  stack.Status = ACTIVE;
}

/** Ends what goes on in the background. */
async function settle(work: Work, stack: StackEntry): Promise<void> {
  if (stack.pending === undefined) return;
  const { prune } = stack.pending;
  delete stack.pending;
  const Time = Math.floor(Date.now() / 1000);
  try {
    await up(work, stack, prune);
    stack.Status = ACTIVE;
    stack.DeploymentStatus = [{ Status: ACTIVE, Time }];
  } catch (error) {
    stack.Status = FAILED;
    stack.DeploymentStatus = [
      { Status: FAILED, Message: error instanceof Error ? error.message : String(error), Time },
    ];
  }
}

async function up(work: Work, stack: StackEntry, prune: boolean): Promise<void> {
  const root = await reach(work.peer, endpointOf(work, String(stack.EndpointId)).URL, work.database.instance);
  const state = readState(root);
  const variables = variablesIn(stackEnv(stack));
  composeUp(root, state, stack.Name, stack.file, variables, prune);
  writeState(root, state);
}

/** The file that compose is given: every value as it is (portainer/portainer, api/exec/compose_stack.go, copyConfigEnvVars). */
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
