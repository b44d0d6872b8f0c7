// Decides the actions for a stack. Newer servers deploy in the background, so their response says nothing about the result; older ones respond when
// they are done. Each observation finds out how far the deployment is.

import type { Action, Content, RequestJson } from '../../model/action.ts';
import { dotenvValue } from '../../model/dotenv.ts';
import type { TargetId } from '../../model/ids.ts';
import { shellWord } from '../../model/text.ts';
import { action } from '../guest/proxmox/command.ts';
import type { Decision, Wanted } from '../manager.ts';
import { call } from '../portainer-api/call.ts';
import { serviceOfContainer } from '../portainer-api/containers.ts';
import { blocked, impossible, todo } from '../portainer-api/decision.ts';
import { inVm, PULL_SECONDS, plainSecretsIn, putFile, volumeActions, writeFileInVm } from '../portainer-api/docker.ts';
import type { Service } from '../portainer-api/service.ts';
import { headingOf } from './heading.ts';
import { CLAIM, noteOf, removeNote, writeNote } from './note.ts';
import { OWNER, REVISION, type SeenStack, type StackObservation } from './observe.ts';
import { filesFolder, revisionOf, type StackSpec } from './stack-spec.ts';

type Seen = Extract<StackObservation, { kind: 'seen' }>;

/** A failed deployment is not retried before this has passed, so that its failure is reported. */
const FRESH_MS = 30_000;

export function decideStack(wanted: Wanted<StackSpec>, seen: StackObservation): Decision {
  if (seen.kind === 'unknown') return impossible(seen.reason, seen.passing);
  const spec = wanted.spec;
  if (spec === undefined) return remove(wanted, seen);
  const { service, environment, vm } = spec;
  if (service === null) return impossible('no Portainer is declared; give one VM the portainer_role primary');
  if (environment === null) {
    return impossible(
      `Portainer does not reach VM ${vm}: give it the portainer_role agent and a portainer_agent_hostname`,
    );
  }
  const plain = plainSecretsIn(spec.variables);
  if (plain !== null) return impossible(plain);
  const { stack, endpoint } = seen;
  if (endpoint === null) return impossible(`Portainer has no environment ${environment} yet`, true);
  const volumes = volumeActions(vm, seen.folders === null ? [] : spec.volumes, seen.folders ?? new Map());
  if (typeof volumes === 'string') return blocked(volumes);
  const foreign = wanted.adopt === true ? null : foreignOwner(wanted.target, spec, seen);
  if (foreign !== null) return blocked(foreign);
  if (stack !== null) return decidePresent(wanted.target, { ...spec, service }, { ...seen, stack }, volumes);
  const claim = seen.note === null ? [writeNote(wanted.target, CLAIM)] : [];
  return todo([...volumes, ...claim, ...placeFiles(spec), create(spec, service, endpoint, wanted.target)]);
}

/** Why what has the stack's name is not managed by Phoenix; null when it is, or when nothing has the name. */
function foreignOwner(target: TargetId, spec: StackSpec, { stack, note, containers }: Seen): string | null {
  const { vm, project, environment } = spec;
  if (stack !== null) {
    return stack.variables.get(OWNER) === target
      ? null
      : `environment ${environment} has a stack ${project} that Phoenix did not make; remove or rename it there, or take it over with phoenix adopt ${shellWord(target)}`;
  }
  return note === null && (containers ?? []).length > 0
    ? `VM ${vm} has containers of a compose project ${project} that Phoenix did not start; take them down there, or take them over with phoenix adopt ${shellWord(target)}`
    : null;
}

/** Decides for a stack that Portainer has. @param volumes actions that its volumes need */
function decidePresent(
  target: TargetId,
  spec: StackSpec & { readonly service: Service },
  seen: Seen & { readonly stack: SeenStack },
  volumes: readonly Action[],
): Decision {
  const { service, vm, project } = spec;
  const { stack } = seen;
  if (stack.status === 'deploying') return todo([waitFor(service, stack)]);
  const isCurrent = seen.intact && hasVariables(stack, variablesFor(spec, target));
  if (isCurrent && stack.failure !== null && seen.now - stack.failure.at < FRESH_MS) {
    const { message } = stack.failure;
    return impossible(`Portainer could not deploy it: ${message}`, TRANSIENT.test(message));
  }
  if (!isCurrent || stack.status === 'failed') {
    return todo([...volumes, ...placeFiles(spec), update(spec, service, stack, target)]);
  }
  if (stack.status === 'inactive') {
    // Older servers start no stack whose project already has containers.
    const isEmpty = (seen.containers ?? []).length === 0;
    return todo([...volumes, isEmpty ? start(service, stack) : update(spec, service, stack, target)]);
  }
  const left = orphansIn(seen);
  if (left.length > 0) return todo([removeContainers(vm, `of services that stack ${project} no longer has`, left)]);
  const note = noteOf(stack, revisionOf(spec));
  return todo([...volumes, ...(seen.note === note ? [] : [writeNote(target, note)])]);
}

/** Errors of registries and networks that may soon be gone. */
const TRANSIENT =
  /timeout|timed out|deadline exceeded|connection re(set|fused)|no such host|temporary failure|too ?many ?requests|\b(429|50[0234])\b|EOF/i;

/** Portainer writes variables into a file unchanged, one per line, which compose then parses: so each is sent in the syntax of that file. */
type Variables = readonly { readonly name: string; readonly value: string | { readonly $content: Content } }[];

function variablesFor(spec: StackSpec, target: TargetId): Variables {
  const given = spec.variables.flatMap(({ name, value }): Variables => {
    if (value === null) return [];
    if (typeof value === 'string') return [{ name, value: dotenvValue(value) }];
    return [{ name, value: { $content: { from: 'variable', value: { from: 'secret', secret: value } } } }];
  });
  return [...given, { name: OWNER, value: target }, { name: REVISION, value: revisionOf(spec) }];
}

/** Secrets' values are not compared: the revision covers their references. */
function hasVariables({ variables }: SeenStack, wanted: Variables): boolean {
  return (
    variables.size === new Set(wanted.map(({ name }) => name)).size &&
    wanted.every(({ name, value }) => (typeof value === 'string' ? variables.get(name) === value : variables.has(name)))
  );
}

function placeFiles({ vm, files }: StackSpec): Action[] {
  return files.flatMap(({ blob, path }, index) => {
    const content: Content = { from: 'blob', blob };
    // All files of a stack are in one folder, which the first one creates.
    return index === 0 ? putFile(vm, path, content, '644') : [writeFileInVm(vm, path, content, '644')];
  });
}

function bodyOf(spec: StackSpec, target: TargetId): { readonly [key: string]: RequestJson } {
  const { compose: blob, additions } = spec;
  const content = { from: 'compose', blob, additions, heading: `${headingOf(revisionOf(spec))}\n${target}` } as const;
  return {
    StackFileContent: { $content: content },
    Env: variablesFor(spec, target),
  };
}

function create(spec: StackSpec, service: Service, endpoint: number, target: TargetId): Action {
  const request = call(service, 'POST', `/stacks/create/standalone/string?endpointId=${endpoint}`, {
    body: { json: { Name: spec.project, ...bodyOf(spec, target) } },
    timeoutSeconds: PULL_SECONDS,
  });
  return action(`create stack ${spec.project} in environment ${spec.environment}`, 'live', request);
}

/** Containers of services that are no longer in the file, which servers before 2.36 leave running. */
export function orphansIn({ containers, services }: Pick<Seen, 'containers' | 'services'>): string[] {
  if (containers === null || services === null) return [];
  return containers
    .filter((each) => {
      const service = serviceOfContainer(each);
      return service !== null && !services.includes(service);
    })
    .map(({ name }) => name);
}

function removeContainers(vm: number, which: string, names: readonly string[]): Action {
  return inVm(vm, `remove containers ${which}`, ['docker', 'rm', '--force', ...names], { impact: 'restart' });
}

/** Removes services that are no longer in the file, where the server's version can do that. */
function update(spec: StackSpec, service: Service, { id, endpoint }: SeenStack, target: TargetId): Action {
  const request = call(service, 'PUT', `/stacks/${id}?endpointId=${endpoint}`, {
    body: { json: { ...bodyOf(spec, target), Prune: true } },
    timeoutSeconds: PULL_SECONDS,
  });
  return action(`update stack ${spec.project} in environment ${spec.environment}`, 'restart', request);
}

function start(service: Service, { id, endpoint, name }: SeenStack): Action {
  const request = call(service, 'POST', `/stacks/${id}/start?endpointId=${endpoint}`, { timeoutSeconds: PULL_SECONDS });
  return action(`start stack ${name}`, 'live', request);
}

/** The server itself times out after 15 minutes. */
function waitFor(service: Service, { id, name }: SeenStack): Action {
  const request = call(service, 'GET', `/stacks/${id}`, { expect: { pointer: '/Status', oneOf: [1, 2, 4] } });
  return {
    ...action(`wait until Portainer has deployed stack ${name}`, 'live', request),
    until: { times: 190, intervalSeconds: 5 },
  };
}

/** Removes the stack; its volumes stay. */
function remove({ target, before }: Wanted<StackSpec>, { stack, service, note, containers }: Seen): Decision {
  const forget = note === null ? [] : [removeNote(target)];
  const left = (containers ?? []).map(({ name }) => name);
  const was = before;
  if (stack === null && was !== undefined && note === CLAIM && left.length > 0) {
    return todo([removeContainers(was.vm, `of stack ${was.project}, which was never complete`, left), ...forget]);
  }
  if (stack === null || service === null) return todo(forget);
  if (stack.status === 'deploying') return todo([waitFor(service, stack)]);
  const request = call(service, 'DELETE', `/stacks/${stack.id}?endpointId=${stack.endpoint}`, {
    accept: [204, 404],
    timeoutSeconds: 300,
  });
  return todo([
    ...(was === undefined || was.files.length === 0
      ? []
      : [
          {
            ...inVm(was.vm, `remove the files of stack ${stack.name}`, ['rm', '-rf', '--', filesFolder(was.project)]),
            failure: 'observe' as const,
          },
        ]),
    action(`remove stack ${stack.name}; its volumes stay`, 'restart', request),
    ...forget,
  ]);
}
