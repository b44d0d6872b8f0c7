// Decides the actions for an environment of Portainer: its agent first, then Portainer's entry, which Phoenix owns only if a note said so before it
// was created.

import type { Action } from '../../../model/action.ts';
import { nameOf, type TargetId } from '../../../model/ids.ts';
import { shellWord } from '../../../model/text.ts';
import { action } from '../../guest/proxmox/command.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { call } from '../../portainer-api/call.ts';
import { blocked, impossible, todo } from '../../portainer-api/decision.ts';
import { type Endpoint, noAnswerReason } from '../../portainer-api/environments.ts';
import type { Service } from '../../portainer-api/service.ts';
import { AGENT_NAME, isForeignAgent, removeAgent, startAgent } from './agent.ts';
import { agentRevision, type EnvironmentSpec } from './environment-spec.ts';
import { type EnvironmentNote, notePath, printNote } from './note.ts';
import type { EnvironmentObservation } from './observe.ts';

export function decideEnvironment(wanted: Wanted<EnvironmentSpec>, seen: EnvironmentObservation): Decision {
  const spec = wanted.spec;
  const { target, adopt = false } = wanted;
  if (spec === undefined) return remove(wanted, seen);
  const { name, vm } = spec;
  if (seen.agent.kind === 'absent') return impossible(`there is no VM ${vm} yet`, true);
  if (seen.agent.kind === 'unreachable') return impossible(seen.agent.why, true);
  if (seen.agent.kind === 'seen' && isForeignAgent(seen.agent.container, target) && !adopt) {
    return blocked(
      `container ${AGENT_NAME} in VM ${vm} was not started by Phoenix; remove it there, or take it over with phoenix adopt ${shellWord(target)}`,
    );
  }
  if (!isList(seen.endpoints)) {
    const { reason, passing } = noAnswerReason(seen.endpoints);
    return impossible(reason, passing);
  }
  if (seen.instance === null) return impossible('Portainer does not say which one it is', true);
  const found = seen.endpoints.find((each) => each.name === name) ?? null;
  const isOurs = seen.note?.instance === seen.instance;
  if (found !== null && !isOurs && !adopt) {
    return blocked(
      `Portainer has an environment ${name} that Phoenix did not make; remove or rename it there, or take it over with phoenix adopt ${shellWord(target)}`,
    );
  }
  const note = noteOf(target, spec, seen.instance);
  const starting =
    spec.agent === null || seen.agent.kind !== 'seen' ? [] : startAgent(vm, target, spec.agent, seen.agent.container);
  // The environment may have been on another VM before, which may no longer exist.
  const moved = seen.note !== null && seen.note.vm !== vm && seen.note.agent !== null;
  const leaving: Action[] = moved ? [{ ...removeAgent(seen.note.vm), failure: 'observe' }] : [];
  const claim = isOurs ? [] : [write({ ...note, agent: null })];
  const entry = found === null ? [create(spec)] : correct(spec, found);
  const todos = [...starting, ...(entry.length === 0 ? [] : claim), ...entry];
  if (todos.length > 0) return todo(todos);
  const isNoted = seen.note !== null && printNote(seen.note) === printNote(note);
  return todo(isNoted ? [] : [...leaving, write(note)]);
}

/** The note about an environment that is as declared. */
export function noteOf(target: TargetId, { service, vm, agent }: EnvironmentSpec, instance: string): EnvironmentNote {
  return { target, service, instance, vm, agent: agent === null ? null : agentRevision(agent) };
}

function isList(endpoints: EnvironmentObservation['endpoints']): endpoints is readonly Endpoint[] {
  return Array.isArray(endpoints);
}

function write(note: EnvironmentNote): Action {
  const name = nameOf(note.target);
  const content = { from: 'text', text: printNote(note) } as const;
  const path = notePath(name);
  return action(`record on the node that ${name} belongs to Phoenix`, 'live', {
    kind: 'file',
    path,
    content,
    mode: 0o644,
  });
}

/** Portainer contacts the agent immediately; one that was just started may need a moment. */
function create({ service, name, url, agent }: EnvironmentSpec): Action {
  const kind = agent === null ? '1' : '2';
  const tls: Record<string, string> =
    agent === null ? {} : { TLS: 'true', TLSSkipVerify: 'true', TLSSkipClientVerify: 'true' };
  const form = { Name: name, EndpointCreationType: kind, URL: url, GroupID: '1', ...tls };
  const request = call(service, 'POST', '/endpoints', { body: { form }, timeoutSeconds: 60 });
  return {
    ...action(`create environment ${name} in Portainer`, 'live', request),
    until: { times: 10, intervalSeconds: 3 },
  };
}

function correct({ service, name, url, agent }: EnvironmentSpec, { id, url: present, up }: Endpoint): Action[] {
  if (present !== url) {
    const tls = agent === null ? {} : { TLS: true, TLSSkipVerify: true, TLSSkipClientVerify: true };
    const request = call(service, 'PUT', `/endpoints/${id}`, { body: { json: { URL: url, ...tls } } });
    return [
      action(`set the address of environment ${name} to ${url}`, 'live', request),
      refreshSnapshot(service, name, id),
    ];
  }
  return up ? [] : [refreshSnapshot(service, name, id)];
}

/** By itself, Portainer takes a snapshot every five minutes. */
function refreshSnapshot(service: Service, name: string, id: number): Action {
  const request = call(service, 'POST', `/endpoints/${id}/snapshot`, { timeoutSeconds: 60 });
  return {
    ...action(`have Portainer contact environment ${name}`, 'live', request),
    until: { times: 10, intervalSeconds: 3 },
  };
}

/** Removes only what the note says Phoenix owns; the agent is identified by its label. */
function remove(
  { target }: Wanted<EnvironmentSpec>,
  { agent, endpoints, instance, note }: EnvironmentObservation,
): Decision {
  const container = agent.kind === 'seen' ? agent.container : null;
  const stop = note !== null && container !== null && !isForeignAgent(container, target) ? [removeAgent(note.vm)] : [];
  if (note === null) return todo([]);
  if (agent.kind === 'unreachable') return impossible(agent.why, true);
  if (!isList(endpoints)) {
    const { reason, passing } = noAnswerReason(endpoints);
    return impossible(reason, passing);
  }
  const name = nameOf(target).slice('environment.'.length);
  const found = note.instance === instance ? endpoints.find((each) => each.name === name) : undefined;
  const path = notePath(nameOf(target));
  return todo([
    ...(found === undefined
      ? []
      : [
          action(
            `remove environment ${name} from Portainer`,
            'restart',
            call(note.service, 'DELETE', `/endpoints/${found.id}`, { accept: [204, 404] }),
          ),
        ]),
    ...stop,
    action(`remove the record of ${nameOf(target)}`, 'live', {
      kind: 'remove',
      paths: [path],
    }),
  ]);
}
