// The program ha-manager (pve-ha-manager, PVE/CLI/ha_manager.pm): resources and rules of HA by the API, its state, and requests to it.

import type { Answer } from './answer.ts';
import { printResult } from './api/print-result.ts';
import { apiAnswer } from './api/pvesh.ts';
import { apiVerbs } from './api/verbs.ts';
import { answer, type Call, newCall, print } from './call.ts';
import { clusterNodes, type LabNode } from './node.ts';
import { type Move, managedSid, queueHaCommand } from './objects/ha/status.ts';
import type { Output } from './parameters/api-call.ts';
import type { Parameters } from './parameters/check.ts';
import { refuse } from './refusal.ts';
import { text } from './verb-parameters.ts';

type Shown = Readonly<Record<string, unknown>>;

const VERBS = apiVerbs(
  'ha-manager',
  {
    config: { print: (call, data) => printSectionsOf(call, data as readonly Shown[]) },
    'rules config': { print: (call, data, output) => printRules(call, data as readonly Shown[], output) },
    'crm-command migrate': { print: (call, data) => printMove(call, 'migrate', data as Move) },
    'crm-command relocate': { print: (call, data) => printMove(call, 'relocate', data as Move) },
  },
  {
    'ha-manager status': (call, parameters) => void printStatus(call, parameters),
    'ha-manager crm-command stop': ({ node }, parameters) => {
      queueHaCommand(node, `stop ${managedSid(node, text(parameters, 'sid') ?? '')} ${text(parameters, 'timeout')}`);
      return undefined;
    },
    'ha-manager crm-command node-maintenance enable': ({ node }, parameters) =>
      void maintain(node, 'enable', parameters),
    'ha-manager crm-command node-maintenance disable': ({ node }, parameters) =>
      void maintain(node, 'disable', parameters),
  },
);

/** Answers a call of `ha-manager`. */
export function haManager(node: LabNode, argv: readonly string[]): Answer {
  return answer(newCall(node), 'ha-manager', argv, VERBS);
}

function printStatus(call: Call, { verbose }: Parameters): void {
  const entries = apiAnswer(call, 'GET', '/cluster/ha/status/current', {}) as readonly Shown[];
  for (const { type, status } of entries) print(call, `${type} ${status}`);
  if (verbose !== '1') return;
  print(call, 'full cluster state:');
  call.stdout += printResult(apiAnswer(call, 'GET', '/cluster/ha/status/manager_status', {}), 'json-pretty');
}

function printSectionsOf(call: Call, resources: readonly Shown[]): void {
  for (const { sid, type: _type, digest: _digest, errors: _errors, ...options } of resources.toSorted((a, b) =>
    String(a['sid']) < String(b['sid']) ? -1 : 1,
  )) {
    print(call, String(sid));
    for (const [name, value] of Object.entries(options).sort()) print(call, `\t${name} ${value}`);
    print(call, '');
  }
}

function printRules(call: Call, rules: readonly Shown[], output: Output): void {
  const shown = rules.map(({ disable, errors, ...rule }) => ({
    ...rule,
    enabled: disable === undefined ? 1 : 0,
    state: errors === undefined ? 'in use' : 'ignored (conflicts)',
  }));
  call.stdout += printResult(shown, output, ['enabled', 'state', 'rule', 'type', 'resources', 'comment']);
}

function printMove(call: Call, verb: string, move: Move): void {
  const { sid, 'requested-node': target, 'blocking-resources': blocking, 'comigrated-resources': together = [] } = move;
  if (blocking !== undefined) {
    const lines = blocking.map(
      (other) => `- resource '${other.sid}' on target node '${target}' in negative affinity with resource '${sid}'\n`,
    );
    refuse(`cannot ${verb} resource '${sid}' to node '${target}':\n\n${lines.join('').trimEnd()}`);
  }
  for (const other of together)
    print(
      call,
      `also ${verb} resource '${other}' in positive affinity with resource '${sid}' to target node '${target}'`,
    );
}

function maintain(node: LabNode, verb: 'enable' | 'disable', parameters: Parameters): void {
  const named = text(parameters, 'node') ?? '';
  if (!clusterNodes(node).includes(named)) refuse(`no such cluster node '${named}'`);
  queueHaCommand(node, `${verb}-node-maintenance ${named}`);
}
