// Decides the actions for the Portainer server, in this order: that it runs as declared, that it answers, that it has its administrator, and that
// Phoenix has an API key. Each observation finds out how far it is, so a run may be interrupted anywhere.

import type { Action, SecretReference } from '../../../model/action.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { urlOf } from '../../portainer-api/call.ts';
import { blocked, impossible, todo } from '../../portainer-api/decision.ts';
import { plainSecretsIn, volumeActions } from '../../portainer-api/docker.ts';
import type { ServerNote } from '../../portainer-api/service.ts';
import { createAdmin, forgetSession, logIn, makeKey } from './access.ts';
import { composeDown, deploy, removeFiles, removeNodeFiles, restart, waitUntilItAnswers, writeNote } from './deploy.ts';
import type { Inside, ServerObservation } from './observe.ts';
import { OWNER_LABEL, revisionOf, type ServerSpec, type ServerStack } from './server-spec.ts';

type SeenInside = Extract<Inside, { kind: 'seen' }>;

export function decideServer(wanted: Wanted<ServerSpec>, seen: ServerObservation): Decision {
  const spec = wanted.spec;
  if (spec === undefined) return remove(wanted, seen);
  const { service, stack, admin } = spec;
  const { inside } = seen;
  if (admin.password === null) {
    return impossible(
      'portainer_api.admin_password must be a secret by reference; put it into a file of the node and write {"$secret": "file:/etc/phoenix/secrets/…"}',
    );
  }
  const revision = revisionOf(spec);
  if (stack === null) {
    const access = inside.kind === 'trusted' ? null : accessToForeign(spec, admin.password, seen);
    return access ?? settled(seen, { service, project: null, revision });
  }
  const plain = plainSecretsIn(stack.variables);
  if (plain !== null) return impossible(plain);
  if (inside.kind === 'absent') return impossible(`there is no VM ${service.vm} yet`, true);
  if (inside.kind === 'unreachable') return impossible(inside.why, true);
  const unfinished =
    inside.kind === 'trusted' ? null : bringUp({ ...spec, stack }, admin.password, { ...seen, inside }, wanted.adopt);
  return unfinished ?? settled(seen, { service, project: stack.project, revision });
}

/** What the server in its VM still lacks. Null once it runs as declared, answers, and accepts Phoenix's key. */
function bringUp(
  spec: ServerSpec & { readonly stack: ServerStack },
  password: SecretReference,
  seen: ServerObservation & { readonly inside: SeenInside },
  adopt = false,
): Decision | null {
  const { service, stack } = spec;
  const { inside, answers } = seen;
  if (isForeign(inside) && !adopt) {
    return blocked(
      `a compose project ${stack.project} that Phoenix did not start is in VM ${service.vm}; take it down there, or take it over with phoenix adopt portainer/server`,
    );
  }
  const volumes = inside.folders === null ? [] : volumeActions(service.vm, stack.volumes, inside.folders);
  if (typeof volumes === 'string') return blocked(volumes);
  const runs = inside.containers.length > 0 && inside.containers.every(({ running }) => running);
  const revision = revisionOf(spec);
  if (inside.revision !== revision || !runs || isForeign(inside)) {
    return todo([...leaveOldPlace(spec, seen), ...volumes, ...deploy(service, stack, password, revision)]);
  }
  if (volumes.length > 0) return todo(volumes);
  if (answers.status.kind === 'closed') return todo([restart(service, stack), waitUntilItAnswers(service)]);
  if (answers.status.kind !== 'said') return todo([waitUntilItAnswers(service)]);
  return gainAccess(spec, password, seen, inside.setupToken);
}

/** A server that somebody else starts is used as it is. */
function accessToForeign(spec: ServerSpec, password: SecretReference, seen: ServerObservation): Decision | null {
  const { status } = seen.answers;
  if (status.kind === 'closed') {
    return impossible('Portainer waited too long for its first administrator; start it again, then replay');
  }
  if (status.kind !== 'said') {
    return impossible(
      `no Portainer answers at ${urlOf(spec.service)}, and none of the docker_stacks of VM ${spec.service.vm} has a service with the image portainer/portainer-ce: add one, or start Portainer there yourself`,
    );
  }
  return gainAccess(spec, password, seen, null);
}

function settled(seen: ServerObservation, note: ServerNote): Decision {
  const isNoted = seen.note !== null && JSON.stringify(seen.note) === JSON.stringify(note);
  return todo([...(seen.keptSession ? [forgetSession()] : []), ...(isNoted ? [] : [writeNote(note)])]);
}

/** Whether containers of somebody else use the project's name. */
function isForeign({ containers }: SeenInside): boolean {
  return containers.length > 0 && !containers.some(({ labels }) => labels.includes(OWNER_LABEL));
}

/** Cleans up the VM where it ran before, which may no longer exist. */
function leaveOldPlace({ service }: ServerSpec, { note }: ServerObservation): Action[] {
  if (note === null || note.project === null || note.service.vm === service.vm) return [];
  return [{ ...composeDown(note.service.vm, note.project), failure: 'observe' }];
}

/** Null when Phoenix's key is accepted. */
function gainAccess(
  { service, admin }: ServerSpec,
  password: SecretReference,
  { answers }: ServerObservation,
  setupToken: string | null,
): Decision | null {
  if (answers.key === true) return null;
  if (answers.key === null) return impossible('Portainer answers, but not who asks it', true);
  if (answers.admin === 'unknown') return impossible('Portainer does not say whether it has an administrator', true);
  const session = logIn(service, admin.user, password);
  if (answers.admin === 'missing') return todo([createAdmin(service, admin.user, password, setupToken), session]);
  return todo(answers.user === null ? [session] : makeKey(service, answers.user, password));
}

/** Stops and removes what Phoenix started; the data stays in its volume. */
function remove({ before }: Wanted<ServerSpec>, { inside, note, keptToken, keptSession }: ServerObservation): Decision {
  const spec = before;
  const vm = spec?.service.vm ?? note?.service.vm;
  const project = spec?.stack?.project ?? note?.project ?? undefined;
  const kept = note !== null || keptToken || keptSession ? [removeNodeFiles()] : [];
  if (inside.kind === 'unreachable') return impossible(inside.why, true);
  if (vm === undefined || project === undefined || inside.kind !== 'seen' || isForeign(inside)) return todo(kept);
  return todo([
    ...(inside.containers.length > 0 ? [composeDown(vm, project)] : []),
    ...(inside.revision === null ? [] : [removeFiles(vm)]),
    ...kept,
  ]);
}
