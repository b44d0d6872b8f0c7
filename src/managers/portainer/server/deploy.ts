// Starts the server's containers in its VM by compose, from files that Phoenix writes there.

import type { Action, Content, SecretReference } from '../../../model/action.ts';
import { action } from '../../guest/proxmox/command.ts';
import { call, urlOf } from '../../portainer-api/call.ts';
import { inVm, PULL_SECONDS, putFile, type Variable, writeFileInVm } from '../../portainer-api/docker.ts';
import {
  printServerNote,
  SERVER_NOTE,
  SESSION_FILE,
  type ServerNote,
  type Service,
  TOKEN_FILE,
} from '../../portainer-api/service.ts';
import { PLACES, type ServerStack } from './server-spec.ts';

/** The revision is noted last: an interrupted deployment is repeated, which changes nothing that is already right. */
export function deploy(service: Service, stack: ServerStack, password: SecretReference, revision: string): Action[] {
  const { vm } = service;
  const { compose: blob, additions, project } = stack;
  const up = [...compose(stack), 'up', '--detach', '--remove-orphans'];
  return [
    ...putFile(vm, PLACES.compose, { from: 'compose', blob, additions }, '600'),
    writeFileInVm(vm, PLACES.password, { from: 'secret', secret: password }, '600'),
    writeFileInVm(vm, PLACES.variables, variablesFile(stack.variables), '600'),
    ...agentFiles(vm, stack),
    inVm(vm, `start compose project ${project}`, up, { seconds: PULL_SECONDS, impact: 'restart' }),
    waitUntilItAnswers(service),
    writeFileInVm(vm, PLACES.revision, { from: 'text', text: `${revision}\n` }, '644'),
  ];
}

function compose({ project, agents }: ServerStack): string[] {
  const files = [PLACES.compose, ...(agents === undefined ? [] : [PLACES.agents])].flatMap((path) => ['--file', path]);
  return ['docker', 'compose', '--project-name', project, ...files, '--env-file', PLACES.variables];
}

/** Compose merges the second file into the first; the secret itself is in a third file, readable by root only. */
function agentFiles(vm: number, { agents }: ServerStack): Action[] {
  if (agents === undefined) return [];
  const more = { services: { [agents.service]: { env_file: [PLACES.agentSecret] } } };
  const text = (each: string): Content => ({ from: 'text', text: each });
  const secret: Content = { from: 'variable', value: { from: 'secret', secret: agents.secret } };
  const variable: Content = { from: 'joined', parts: [text('AGENT_SECRET='), secret, text('\n')] };
  return [
    writeFileInVm(vm, PLACES.agentSecret, variable, '600'),
    writeFileInVm(vm, PLACES.agents, text(`${JSON.stringify(more)}\n`), '644'),
  ];
}

function variablesFile(variables: readonly Variable[]): Content {
  const text = (each: string): Content => ({ from: 'text', text: each });
  const parts = variables.flatMap(({ name, value }): Content[] => {
    if (value === null) return [];
    const plain: Content = typeof value === 'string' ? text(value) : { from: 'secret', secret: value };
    return [text(`${name}=`), { from: 'variable', value: plain }, text('\n')];
  });
  return { from: 'joined', parts };
}

/** Only a restart makes a server usable again that waited too long for its administrator. */
export function restart({ vm }: Service, stack: ServerStack): Action {
  return inVm(vm, `restart compose project ${stack.project}`, [...compose(stack), 'restart'], { impact: 'restart' });
}

/** It also answers before it has an administrator, and reports when it has waited too long for one. */
export function waitUntilItAnswers(service: Service): Action {
  const request = call(service, 'GET', '/system/status', { by: 'nobody', timeoutSeconds: 5, accept: [200, 303] });
  return {
    ...action(`wait until Portainer answers at ${urlOf(service)}`, 'live', request),
    until: { times: 60, intervalSeconds: 2 },
  };
}

export function writeNote(note: ServerNote): Action {
  const content = { from: 'text', text: printServerNote(note) } as const;
  return action('record on the node where Portainer answers', 'live', {
    kind: 'file',
    path: SERVER_NOTE,
    content,
    mode: 0o644,
  });
}

/** Removes the containers; volumes stay. */
export function composeDown(vm: number, project: string): Action {
  const argv = ['docker', 'compose', '--project-name', project, 'down', '--remove-orphans'];
  return inVm(vm, `take compose project ${project} down`, argv, { seconds: 300, impact: 'restart' });
}

export function removeFiles(vm: number): Action {
  return inVm(vm, 'remove the files of Portainer that Phoenix wrote', ['rm', '-rf', '--', PLACES.folder]);
}

export function removeNodeFiles(): Action {
  return action("remove Phoenix's key to Portainer from the node", 'live', {
    kind: 'remove',
    paths: [TOKEN_FILE, SESSION_FILE, SERVER_NOTE],
  });
}
