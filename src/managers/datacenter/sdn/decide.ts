// Decides the changes of the software-defined network, in the order of its dependencies, with one apply call at the end. That call would also
// activate changes that a person made in Proxmox and did not apply: then nothing is done until that person has decided.

import type { Action } from '../../../model/action.ts';
import { targetId } from '../../../model/ids.ts';
import type { JsonObject } from '../../../model/json.ts';
import type { Impact } from '../../../model/plan.ts';
import type { FieldDifference } from '../../../model/run.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import type { Decision, Wanted } from '../../manager.ts';
import { optionArgs, pvesh } from '../calls.ts';
import { approvalHint } from '../decide.ts';
import { optionChanges, optionDifferences } from '../options/differences.ts';
import { isFixed, optionsOf } from '../options/row-options.ts';
import { meaningOf, textsOf } from '../options/values.ts';
import type { ObjectRow } from '../row.ts';
import { fabricNodes, fabrics } from '../rows/fabrics.ts';
import { controllers, subnets, vnets, zones } from '../rows/sdn.ts';
import { isFabricNamed, prefixObstacle } from './fabric-order.ts';
import { type SdnState, SORTS, type Sort, unapplied } from './state.ts';
import { removalObstacle, subnetObstacle } from './subnet-obstacles.ts';

/** The objects of each field of the file, by their names there. */
export interface SdnSpec extends JsonObject {
  /** These three are absent in specs that an older version recorded. */
  readonly sdn_fabrics?: Readonly<Record<string, JsonObject>>;
  readonly sdn_fabric_nodes?: Readonly<Record<string, JsonObject>>;
  readonly sdn_controllers?: Readonly<Record<string, JsonObject>>;
  readonly sdn_zones: Readonly<Record<string, JsonObject>>;
  readonly sdn_vnets: Readonly<Record<string, JsonObject>>;
  readonly sdn_subnets: Readonly<Record<string, JsonObject>>;
}

export const SDN = targetId('sdn', 'network');

export const ROW_OF: Readonly<Record<Sort, ObjectRow>> = {
  fabrics,
  fabric_nodes: fabricNodes,
  controllers,
  zones,
  vnets,
  subnets,
};
const NOTHING: SdnSpec = { sdn_zones: {}, sdn_vnets: {}, sdn_subnets: {} };

/** One object with its name in the file and its id in Proxmox. */
interface Entry {
  readonly sort: Sort;
  readonly name: string;
  readonly id: string;
  readonly options: JsonObject;
}

export function decideSdn(wanted: Wanted<SdnSpec>, seen: SdnState): Decision {
  const { spec, before, adopt, approved } = wanted;
  const declared = entriesOf(spec ?? NOTHING);
  const earlier = entriesOf(before ?? NOTHING);
  const gone = earlier.filter(({ sort, id }) => find(declared, sort, id) === undefined && seen.config[sort].has(id));
  const goneIds = (sort: Sort): readonly string[] => gone.flatMap((one) => (one.sort === sort ? [one.id] : []));
  const edits: Action[] = [];
  for (const one of declared) {
    const edit = editOf(seen, one, find(earlier, one.sort, one.id), adopt === true, goneIds);
    if (isDecision(edit)) return edit;
    if (edit !== null) edits.push(edit);
  }
  const obstacle = removalsObstacle(seen, gone);
  if (obstacle !== null) return { kind: 'impossible', reason: obstacle };
  if (gone.length > 0 && !approved) return needsApproval(gone);
  // A fabric can only be deleted once no other object names it, so it comes last.
  const isLast = ({ sort, id }: Entry): boolean =>
    sort === 'fabrics' && isFabricNamed(seen, id, [...goneIds('controllers'), ...goneIds('zones')]);
  const removalOf = (one: Entry): Action =>
    pvesh(`delete ${ROW_OF[one.sort].label} ${one.name}`, 'delete', pathOf(one), [], 'destroy');
  const removals = gone.toReversed();
  const { ours: waiting, foreign } = unappliedEdits(seen, declared, earlier);
  const waits = waiting || isBehind(seen, declared);
  const actions = [
    ...removals.filter((one) => !isLast(one)).map(removalOf),
    ...edits,
    ...removals.filter(isLast).map(removalOf),
  ];
  if (actions.length === 0 && !waits)
    return foreign === null ? { kind: 'actions', actions } : { kind: 'actions', actions, remarks: [foreign] };
  if (foreign !== null) {
    const reason = `${foreign}, and would go live with what is declared; apply it in Proxmox, or take it back with pvesh create /cluster/sdn/rollback`;
    return { kind: 'blocked', reason };
  }
  return { kind: 'actions', actions: [...actions, application(removals.length > 0 ? 'destroy' : 'live')] };
}

/** The action that makes one object as declared; null: it is. Otherwise why nothing is done at all. */
function editOf(
  seen: SdnState,
  one: Entry,
  earlier: Entry | undefined,
  adopt: boolean,
  goneIds: (sort: Sort) => readonly string[],
): Action | Decision | null {
  const present = seen.config[one.sort].get(one.id);
  const row = ROW_OF[one.sort];
  if (present === undefined) return creation(row, one);
  const fixed = fixedDifference(row, one, present);
  if (fixed !== null) return { kind: 'impossible', reason: fixed };
  const change = optionChanges(row, one.options, earlier?.options, present);
  if (change.named.length === 0) return null;
  const obstacle = changeObstacle(seen, one, change.named, goneIds);
  if (obstacle !== null) return { kind: 'impossible', reason: obstacle };
  if (earlier === undefined && !adopt) {
    const reason = `${row.label} ${one.name} is not ours, and is not as declared; take it over with phoenix adopt ${SDN}`;
    return { kind: 'blocked', reason };
  }
  return pvesh(`set ${change.named.join(', ')} of ${row.label} ${one.name}`, 'set', pathOf(one), change.args);
}

function isDecision(edit: Action | Decision | null): edit is Decision {
  return edit !== null && 'kind' in edit;
}

/** Why objects that are no longer declared cannot be deleted yet; null: they can. */
function removalsObstacle(seen: SdnState, gone: readonly Entry[]): string | null {
  const inUse = gone.find(({ sort, id }) => sort === 'vnets' && seen.guestsOn[id] !== undefined);
  if (inUse !== undefined) {
    const guests = seen.guestsOn[inUse.id]?.join(', ');
    return `vnet ${inUse.id} is no longer declared and still the bridge of ${guests}, which would be without a network; give the guests another first`;
  }
  const held = gone.flatMap(({ sort, id }) => (sort === 'subnets' ? (removalObstacle(seen, id) ?? []) : []));
  return held[0] ?? null;
}

function needsApproval(gone: readonly Entry[]): Decision {
  const names = gone.map(({ sort, name }) => `${ROW_OF[sort].label} ${name}`).join(', ');
  const lost = [...new Set(gone.map(({ sort }) => ROW_OF[sort].lossOnDelete))].join(', and ');
  const reason = `${names}: no longer declared, and deleting that loses ${lost}; ${approvalHint('destroy', SDN)}`;
  return { kind: 'blocked', reason };
}

/** Why Proxmox would refuse the change of an object because of others that stay; null where it would not. */
function changeObstacle(
  seen: SdnState,
  { sort, id, options }: Entry,
  changed: readonly string[],
  goneIds: (sort: Sort) => readonly string[],
): string | null {
  if (sort === 'fabrics') return prefixObstacle(seen, id, changed, options, goneIds('fabric_nodes'));
  if (sort !== 'zones' && sort !== 'vnets') return null;
  const isVlanaware = options['vlanaware'] === true;
  return subnetObstacle(seen, { sort, id, isVlanaware }, changed, goneIds('subnets'));
}

/** Whether any of the declared objects is there. */
export function isAnyThere(spec: SdnSpec | undefined, { config }: SdnState): boolean {
  return entriesOf(spec ?? NOTHING).some(({ sort, id }) => config[sort].has(id));
}

/** Each object that is missing or left over, and each option of the others that differs, by the place in the file: `sdn_vnets.front.tag`. */
export function sdnDifferences({ spec, before }: Wanted<SdnSpec>, { config }: SdnState): readonly FieldDifference[] {
  if (spec === undefined) return [];
  const [declared, earlier] = [entriesOf(spec), entriesOf(before ?? NOTHING)];
  const fieldOf = ({ sort, name }: Entry) => `${ROW_OF[sort].field}.${name}`;
  const differing = declared.flatMap((one): FieldDifference[] => {
    const present = config[one.sort].get(one.id);
    if (present === undefined) return [{ field: fieldOf(one), declared: one.options, observed: null }];
    const last = find(earlier, one.sort, one.id)?.options;
    return optionDifferences(ROW_OF[one.sort], one.options, last, present).map((each) => ({
      ...each,
      field: `${fieldOf(one)}.${each.field}`,
    }));
  });
  const left = earlier.filter(({ sort, id }) => find(declared, sort, id) === undefined && config[sort].has(id));
  return [...differing, ...left.map((one) => ({ field: fieldOf(one), declared: null, observed: one.options }))];
}

/** Succeeds whatever happens on the node; the next observation shows the result. */
function application(impact: Impact): Action {
  return {
    summary: 'apply the software-defined network',
    impact,
    do: { kind: 'command', program: 'pvesh', args: ['set', '/cluster/sdn'], timeoutSeconds: 300, answer: 'task' },
  };
}

/** Whether this node has not yet loaded the configuration that was applied last. */
function isBehind({ version }: SdnState, declared: readonly Entry[]): boolean {
  return declared.length > 0 && version.running !== version.here;
}

/**
 * Changes in Proxmox that were not applied: whether some concern a declared object, current or former, and a sentence on the others; null where there
 * is none.
 */
function unappliedEdits(
  seen: SdnState,
  declared: readonly Entry[],
  earlier: readonly Entry[],
): { readonly ours: boolean; readonly foreign: string | null } {
  let ours = false;
  const foreignEdits: string[] = [];
  for (const sort of SORTS) {
    for (const id of new Set([...seen.config[sort].keys(), ...seen.running[sort].keys()])) {
      const [now, was] = [find(declared, sort, id), find(earlier, sort, id)];
      // Proxmox generates the router's MAC address of a new EVPN zone.
      const isMade = seen.running[sort].get(id) === undefined;
      const isOurs = (option: string): boolean =>
        (now !== undefined || was !== undefined) &&
        (['type', 'protocol', 'zone', 'vnet', ...(isMade ? ['mac'] : [])].includes(option) ||
          [now, was].some((one) => one?.options[option] !== undefined));
      const options = unapplied(seen, sort, id);
      const others = options.filter((option) => !isOurs(option));
      ours ||= others.length < options.length;
      if (others.length > 0) foreignEdits.push(`${ROW_OF[sort].label} ${id} (${others.join(', ')})`);
    }
  }
  if (foreignEdits.length === 0) return { ours, foreign: null };
  return { ours, foreign: `somebody changed ${foreignEdits.join(', ')} in Proxmox and did not apply it` };
}

function creation(row: ObjectRow, one: Entry): Action {
  const args = [...optionsOf(row)].flatMap(([option, schema]) => optionArgs(row, option, schema, one.options[option]));
  const [, ...own] = one.name.split('/');
  const named =
    one.sort === 'subnets'
      ? ['--subnet', own.join('/'), '--type', 'subnet']
      : one.sort === 'fabric_nodes'
        ? ['--node_id', own.join('/')]
        : [`--${row.id}`, one.id];
  return pvesh(`make ${row.label} ${one.name}`, 'create', filled(row.paths.create, one), [...named, ...args]);
}

function pathOf(one: Entry): string {
  return filled(ROW_OF[one.sort].paths.change, one);
}

/** An API path with its placeholders filled in; an object inside another names the outer one first. */
function filled(path: string, { sort, name, id }: Entry): string {
  const [parent = '', ...own] = name.split('/');
  const words = sort === 'subnets' ? [parent, id] : sort === 'fabric_nodes' ? [parent, own.join('/')] : [id];
  return path.replace(/\{\w+\}/g, () => words.shift() ?? '');
}

/**
 * Why an object cannot become as declared: an option that Proxmox cannot change in place, while recreating the object would remove everything in it.
 */
function fixedDifference(row: ObjectRow, { name, options }: Entry, present: Options): string | null {
  for (const [option, schema] of optionsOf(row)) {
    const value = options[option];
    if (value === undefined || !isFixed(row, option, options)) continue;
    const has = present[option];
    if (has !== undefined && meaningOf(schema, has) === meaningOf(schema, textsOf(schema, value))) continue;
    return `Proxmox never changes ${option} of ${row.label} ${name}; declare another ${row.label}, and move to it what is in this one`;
  }
  return null;
}

function entriesOf(spec: SdnSpec): Entry[] {
  return SORTS.flatMap((sort) =>
    Object.entries(spec[`sdn_${sort}`] ?? {}).map(([name, options]) => ({
      sort,
      name,
      id: idOf(spec, sort, name),
      options,
    })),
  );
}

/** The id in Proxmox: a subnet's contains its zone and network, a fabric node's its fabric and node. */
function idOf(spec: SdnSpec, sort: Sort, name: string): string {
  if (sort === 'fabric_nodes') return name.replace('/', '_');
  if (sort !== 'subnets') return name;
  const [vnet = '', ...network] = name.split('/');
  return [spec.sdn_vnets[vnet]?.['zone'], ...network].join('-');
}

function find(entries: readonly Entry[], sort: Sort, id: string): Entry | undefined {
  return entries.find((one) => one.sort === sort && one.id === id);
}
