// Checks of HA against the guests that it names, and of its rules against each other: Proxmox would refuse these half-way, or work against Phoenix.

import type { Diagnostic } from '../../../config/diagnostic.ts';
import { placeIn } from '../../../config/read/place.ts';
import { targetId } from '../../../model/ids.ts';
import { affinityConflicts } from '../../../proxmox/ha.ts';
import type { RuleContext } from '../../rule.ts';
import type { DeclaredObject } from '../declared.ts';
import { wordsOf } from '../options/values.ts';
import { guestOf } from '../rows/ha.ts';

/** UNKNOWN_REFERENCE: a container is named as a virtual machine, or the other way round. */
export function haNamesGuestsByTheirKind({ config: { datacenter, guests } }: RuleContext): Diagnostic[] {
  const named = [
    ...(datacenter?.get('ha') ?? []).map((one) => ({ one, kind: 'ha', sid: one.name, at: one.writtenAt })),
    ...(datacenter?.get('harule') ?? []).flatMap((one) =>
      wordsOf(one.written['resources']).map((sid, index) => {
        return { one, kind: 'harule', sid, at: placeIn(one.writtenAt, 'resources', index) };
      }),
    ),
  ];
  return named.flatMap(({ one, kind, sid, at }): Diagnostic[] => {
    const [, id = ''] = sid.split(':');
    const guest = guests.get(Number(id));
    const right = `${guest?.kind === 'lxc' ? 'ct' : 'vm'}:${id}`;
    if (guest === undefined || right === sid) return [];
    const message = `guest ${id} is no ${guestOf(sid).sort}`;
    const hint = `Write "${right}".`;
    return [{ code: 'UNKNOWN_REFERENCE', at, message, hint, target: targetId(kind, one.name) }];
  });
}

/** INVALID_VALUE: HA would start what Phoenix stops, or stop what Phoenix starts. */
export function haKeepsTheStateOfGuests({ config: { datacenter, guests } }: RuleContext): Diagnostic[] {
  return (datacenter?.get('ha') ?? []).flatMap(({ name, writtenAt, options }): Diagnostic[] => {
    const guest = guests.get(Number(name.split(':')[1]));
    const { state = 'started' } = options;
    const runs = state === 'started' || state === 'enabled';
    const isOpposite =
      (guest?.startState === 'stopped' && runs) ||
      (guest?.startState === 'running' && (state === 'stopped' || state === 'disabled'));
    if (guest === undefined || !isOpposite) return [];
    const message = `"state" is ${String(state)}, and guest ${guest.id} is declared as ${guest.startState}`;
    const hint = 'Declare the same at both places, or "ignored" here.';
    const at = options['state'] === undefined ? writtenAt : placeIn(writtenAt, 'state');
    return [{ code: 'INVALID_VALUE', at, message, hint, target: targetId('ha', name) }];
  });
}

/** INVALID_VALUE: rules that contradict each other (pve-ha-manager, PVE/HA/Rules/*.pm). */
export function haRulesAgree({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const rules = (datacenter?.get('harule') ?? []).filter(({ options }) => options['disable'] !== true);
  return rules.flatMap((rule, index) =>
    rules.slice(0, index).flatMap((other): Diagnostic[] => {
      const message = clashOf(rule, other);
      if (message === null) return [];
      const target = targetId('harule', rule.name);
      return [{ code: 'INVALID_VALUE', at: placeIn(rule.writtenAt, 'resources'), message, target }];
    }),
  );
}

/** INVALID_VALUE: resources that run together have one rule about their nodes, and those that run apart as many nodes as they need. */
export function haRulesLeaveNodes({ config: { datacenter } }: RuleContext): Diagnostic[] {
  const declared = (datacenter?.get('harule') ?? []).filter(({ options }) => options['disable'] !== true);
  const rules = declared.map(({ name: id, options }) => ({
    id,
    type: String(options['type']),
    affinity: options['affinity'] === undefined ? undefined : String(options['affinity']),
    resources: wordsOf(options['resources']),
    nodes: wordsOf(options['nodes']),
  }));
  // Each conflict is told once, at the rule that says what runs together or apart.
  const named = declared.filter(({ options }) => options['type'] === 'resource-affinity');
  const conflicts = affinityConflicts(rules);
  return named.flatMap(({ name, writtenAt }): Diagnostic[] => {
    const found = conflicts.find(({ rule }) => rule === name);
    if (found === undefined) return [];
    const message = `"resources" must be what Proxmox takes beside the rules of type node-affinity: ${found.message}`;
    return [{ code: 'INVALID_VALUE', at: placeIn(writtenAt, 'resources'), message, target: targetId('harule', name) }];
  });
}

function clashOf(rule: DeclaredObject, other: DeclaredObject): string | null {
  const others = wordsOf(other.options['resources']);
  const shared = wordsOf(rule.options['resources']).filter((sid) => others.includes(sid));
  const [first] = shared;
  if (first === undefined) return null;
  const [{ type, affinity }, { type: otherType, affinity: otherAffinity }] = [rule.options, other.options];
  if (type === 'node-affinity' && otherType === type)
    return `"resources" must not name ${first}, for which rule ${other.name} says the nodes already`;
  if (type === 'resource-affinity' && otherType === type && affinity !== otherAffinity && shared.length > 1)
    return `"resources" must not name ${shared.join(' and ')}, of which rule ${other.name} says the opposite`;
  const nodeRule = type === 'node-affinity' ? rule : other;
  if (type !== otherType && prioritiesOf(nodeRule) > 1)
    return `"resources" must not name ${first}: where a rule says which run together or apart, another must not give their nodes several priorities`;
  return null;
}

function prioritiesOf({ options }: DeclaredObject): number {
  return new Set(wordsOf(options['nodes']).map((node) => Number(node.split(':')[1] ?? 0))).size;
}
