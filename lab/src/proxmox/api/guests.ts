// API reads of one guest: configuration, pending changes, snapshots, state.
import type { Call } from '../call.ts';
import { optionSchema } from '../guest/options.ts';
import { shownOptions } from '../guest/print.ts';
import { guestStatus as measured } from '../guest/status.ts';
import { configName, type GuestKind, kindOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

/** Answers a GET below a guest's path: `/config`, `/status/current`, `/pending`, `/snapshot`. */
export function guestRead(call: Call, kind: GuestKind, id: number, below: string, parameters: Parameters): unknown {
  if (kindOf(call.node, id) !== kind) refuse(`Configuration file '${configName(call.node, kind, id)}' does not exist`);
  const snapshot = parameters['snapname'] ?? parameters['snapshot'];
  switch (below) {
    case '/config':
    case '/snapshot/{snapname}/config':
      return shownConfig(call, kind, id, {
        current: parameters['current'] === '1',
        ...(snapshot !== undefined && { snapshot: String(snapshot) }),
      });
    case '/status/current':
      return { ...measured(call, kind, id), cpu: 0, ha: { managed: 0 } };
    case '':
    case '/status':
    case '/snapshot/{snapname}':
      return [];
    default:
      return refuse(`the lab does not answer GET /nodes/{node}/${kind}/{vmid}${below}`);
  }
}

/** The JSON value of an option: numbers and booleans of its schema are numbers. */
const typed = (kind: GuestKind, name: string, value: string): string | number =>
  /^(integer|number|boolean)$/.test(optionSchema(kind, name)?.type ?? '') || name === 'snaptime'
    ? Number(value)
    : value;

function shownConfig(call: Call, kind: GuestKind, id: number, how: { current?: boolean; snapshot?: string }): unknown {
  const { options, raw, digest } = shownOptions(call, kind, id, how);
  const values = Object.entries(options).map(([name, value]) => [
    name,
    name === 'cipassword' ? '**********' : typed(kind, name, value),
  ]);
  return { ...Object.fromEntries(values), ...(raw.length > 0 && { lxc: raw }), digest };
}

/** State and resource usage of a guest, as in the API's lists. */
export function guestStatus(
  call: Call,
  kind: GuestKind,
  id: number,
): Record<string, string | number> & { vmid: number } {
  const { qmpstatus: _, ...status } = measured(call, kind, id);
  return { ...status, vmid: id, cpu: 0 };
}

/** A guest as in the list of the cluster's resources. */
export function guestResource(call: Call, kind: GuestKind, id: number) {
  const { cpus, vmid, template = 0, ...status } = guestStatus(call, kind, id);
  return { ...status, vmid, template, id: `${kind}/${id}`, type: kind, node: call.node.name, maxcpu: cpus };
}
