// What is missing of the Portainer server, in this order: that it runs as declared, that it answers, that it has its administrator,
// and that Phoenix has a key of its own. Each look finds out how far it is, so that it may be broken off anywhere.

import type { Action, SecretReference } from '../../../model/action.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { blocked, impossible, todo } from '../../portainer-api/decision.ts';
import { plainSecretsIn, volumeActions } from '../../portainer-api/docker.ts';
import type { ServerNote } from '../../portainer-api/service.ts';
import { createAdmin, forgetSession, logIn, makeKey } from './access.ts';
import { deploy, forget, restart, takeDown, tidy, waitUntilItAnswers, writeNote } from './deploy.ts';
import type { Inside, ServerObservation } from './observe.ts';
import { OWNER_LABEL, revisionOf, type ServerSpec } from './spec.ts';

export function decideServer(wanted: Wanted, seen: ServerObservation): Decision {
  const spec = wanted.spec as ServerSpec | undefined;
  if (spec === undefined) return remove(wanted, seen);
  const { service, stack, admin } = spec;
  const { inside, answers } = seen;
  if (stack === null) {
    return impossible(
      `VM ${service.vm} has the role primary, but none of its docker_stacks has a service with the image portainer/portainer-ce`,
    );
  }
  if (admin.password === null) {
    return impossible(
      'portainer_api.admin_password must be a secret by reference: put it into a file of the node and write {"$secret": "file:/etc/phoenix/secrets/…"}',
    );
  }
  const plain = plainSecretsIn(stack.variables);
  if (plain !== null) return impossible(plain);

  const revision = revisionOf(spec);
  if (inside.kind !== 'trusted') {
    if (inside.kind === 'absent') return impossible(`there is no VM ${service.vm} yet`, true);
    if (inside.kind === 'unreachable') return impossible(inside.why, true);
    if (isForeign(inside) && wanted.adopt !== true) {
      return blocked(
        `a compose project ${stack.project} that Phoenix did not start is in VM ${service.vm}; take it down there, or take it over with phoenix adopt portainer/server`,
      );
    }
    const volumes = inside.folders === null ? [] : volumeActions(service.vm, stack.volumes, inside.folders);
    if (typeof volumes === 'string') return blocked(volumes);
    const runs = inside.containers.length > 0 && inside.containers.every(({ running }) => running);
    if (inside.revision !== revision || !runs || isForeign(inside)) {
      return todo([...leaveOldPlace(spec, seen), ...volumes, ...deploy(service, stack, admin.password, revision)]);
    }
    if (volumes.length > 0) return todo(volumes);
    if (answers.status.kind === 'closed') return todo([restart(service, stack), waitUntilItAnswers(service)]);
    if (answers.status.kind !== 'said') return todo([waitUntilItAnswers(service)]);
    const access = gainAccess(spec, admin.password, seen, inside);
    if (access !== null) return access;
  }
  const note: ServerNote = { service, project: stack.project, revision };
  const isNoted = seen.note !== null && JSON.stringify(seen.note) === JSON.stringify(note);
  return todo([...(seen.keptSession ? [forgetSession()] : []), ...(isNoted ? [] : [writeNote(note)])]);
}

/** Somebody else's containers have the project's name. */
function isForeign({ containers }: Extract<Inside, { kind: 'seen' }>): boolean {
  return containers.length > 0 && !containers.some(({ labels }) => labels.includes(OWNER_LABEL));
}

/** Where it ran before, on another VM; that may be gone by now. */
function leaveOldPlace({ service }: ServerSpec, { note }: ServerObservation): Action[] {
  if (note === null || note.service.vm === service.vm) return [];
  return [{ ...takeDown(note.service.vm, note.project), failure: 'observe' }];
}

/** Null when Phoenix's key is taken. */
function gainAccess(
  { service, admin }: ServerSpec,
  password: SecretReference,
  { answers }: ServerObservation,
  { setupToken }: Extract<Inside, { kind: 'seen' }>,
): Decision | null {
  if (answers.key === true) return null;
  if (answers.key === null) return impossible('Portainer answers, but not who asks it', true);
  if (answers.admin === 'unknown') return impossible('Portainer does not say whether it has an administrator', true);
  const session = logIn(service, admin.user, password);
  if (answers.admin === 'missing') return todo([createAdmin(service, admin.user, password, setupToken), session]);
  return todo(answers.user === null ? [session] : makeKey(service, answers.user, password));
}

/** What Phoenix started is taken down; the data stays in its volume. */
function remove({ before }: Wanted, { inside, note, keptToken, keptSession }: ServerObservation): Decision {
  const spec = before as ServerSpec | undefined;
  const vm = spec?.service.vm ?? note?.service.vm;
  const project = spec?.stack?.project ?? note?.project;
  const kept = note !== null || keptToken || keptSession ? [forget()] : [];
  if (inside.kind === 'unreachable') return impossible(inside.why, true);
  if (vm === undefined || project === undefined || inside.kind !== 'seen' || isForeign(inside)) return todo(kept);
  return todo([
    ...(inside.containers.length > 0 ? [takeDown(vm, project)] : []),
    ...(inside.revision === null ? [] : [tidy(vm)]),
    ...kept,
  ]);
}
