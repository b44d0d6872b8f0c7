// A host of boxes: the simplest kind of target, so that a test of the agent is about the agent. A box is a JSON file; `box put`, `start` and `drop`
// change it, `list` and `show` read it. It is in a folder, so that it outlives a killed agent process.

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Managers } from '../../../src/agent/deps.ts';
import { lxcSources } from '../../../src/managers/lxc/places.ts';
import type { Decision, Manager, PowerManager, Wanted } from '../../../src/managers/manager.ts';
import type { Action, Command } from '../../../src/model/action.ts';
import { nameOf, type TargetId, targetId } from '../../../src/model/ids.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import type { Target } from '../../../src/model/target.ts';
import { same } from '../../../src/plan/diff/canonical.ts';
import type { CommandResult, Host } from '../../../src/ports/host.ts';

export interface BoxHost extends Host {
  /** Changing commands so far, oldest first. @param all includes reading ones */
  commands(all?: boolean): Promise<string[]>;
  /** Sets the result of the next run of a command line, which then has no effect. */
  order(line: string, result: Partial<CommandResult>): void;
  /** Called, and awaited, before every command. */
  before: (line: string) => Promise<void>;
}

const READING_PROGRAMS = new Set(['list', 'show', 'probe']);

export async function openBoxHost(folder: string): Promise<BoxHost> {
  const boxes = join(folder, 'boxes');
  mkdirSync(boxes, { recursive: true });
  const log = join(folder, 'commands');
  const ordered = new Map<string, Partial<CommandResult>[]>();
  const read = (id: string): JsonObject | null =>
    id !== '' && existsSync(join(boxes, id)) ? JSON.parse(readFileSync(join(boxes, id), 'utf8')) : null;
  const write = (id: string, box: object) => writeFileSync(join(boxes, id), JSON.stringify(box));

  // Synchronous: wherever the process is killed, a command was logged and had its effect, or neither.
  function box(verb: string, id: string, argument: string | undefined): string {
    const present = read(id);
    switch (verb) {
      case 'list':
        return JSON.stringify(Object.fromEntries(readdirSync(boxes).map((each) => [each, read(each)])));
      case 'show':
        return JSON.stringify(present);
      case 'put':
        write(id, { ...present, ...JSON.parse(argument ?? '{}') });
        return '';
      case 'start':
      case 'stop':
        write(id, { ...present, started: verb === 'start' });
        return '';
      case 'renew':
        write(id, { ...present, due: null, expired: false });
        return '';
      case 'snapshot':
      case 'forget':
      case 'rollback':
        write(id, { ...present, snapshot: verb === 'snapshot' });
        return '';
      case 'drop':
        rmSync(join(boxes, id));
        return '';
      default:
        return '';
    }
  }

  const host: BoxHost = {
    node: 'pve',
    before: async () => {},
    order(line, result) {
      ordered.set(line, [...(ordered.get(line) ?? []), result]);
    },
    async run(command, { signal, onOutput } = {}) {
      const [verb = '', id = '', argument] = command.args;
      const line = `box ${[verb, id].join(' ').trim()}`;
      await host.before(line);
      const ok: CommandResult = { exit: 0, stdout: '', stderr: '', ms: 1, ended: 'exited' };
      if (signal?.aborted) return { ...ok, exit: null, ended: 'aborted' };
      appendFileSync(log, `${line}\n`);
      const instead = ordered.get(line)?.shift();
      if (instead !== undefined) {
        for (const text of (instead.stderr ?? '').split('\n')) onOutput?.(text);
        return { ...ok, ...instead };
      }
      return { ...ok, stdout: box(verb, id, argument) };
    },
    settle: async () => {},
    readFile: async () => undefined,
    readFolders: async () => new Map(),
    writeFile: async () => true,
    inspect: async () => new Map(),
    publicKey: async () => null,
    addLines: async () => {},
    makeFolder: async () => {},
    placeFiles: async () => {},
    removeFiles: async () => {},
    secretDigests: async () => new Map(),
    request: async () => {
      throw new Error('boxes have no services');
    },
    sign: async () => {
      throw new Error('boxes have no authority');
    },
    close: async () => {},
    async commands(all = false) {
      const lines = (existsSync(log) ? readFileSync(log, 'utf8') : '').split('\n').filter((line) => line !== '');
      return lines.filter((line) => all || !READING_PROGRAMS.has(line.split(' ')[1] ?? ''));
    },
  };
  return host;
}

function command(...args: string[]): Command {
  return { kind: 'command', program: 'box', args, timeoutSeconds: 10 };
}

function act(summary: string, ...args: string[]): Action {
  return { summary, impact: 'live', do: command(...args) };
}

type Box = (JsonObject & { started?: boolean }) | null;

function decide({ target, spec, approved, protected: kept }: Wanted, box: Box): Decision {
  const id = nameOf(target);
  if (box?.['foreign'] === true) return { kind: 'blocked', reason: `box ${id} is not ours` };
  if (spec === undefined) {
    if (box === null) return { kind: 'actions', actions: [] };
    if (!approved || kept) return { kind: 'blocked', reason: `dropping ${id} needs approval` };
    return { kind: 'actions', actions: [act(`drop ${id}`, 'drop', id)] };
  }
  const { started, snapshot: _, due: __, expired, ...present } = box ?? {};
  // Undeclared fields stay as they are.
  const wanted = Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, value ?? present[key] ?? null]));
  const actions = [
    ...(expired === true ? [act(`renew ${id}`, 'renew', id)] : []),
    ...(JSON.stringify(present) === JSON.stringify(wanted)
      ? []
      : [act(`put ${id}`, 'put', id, JSON.stringify(wanted))]),
    ...(started || isTemplate(spec) ? [] : [act(`start ${id}`, 'start', id)]),
  ];
  return { kind: 'actions', actions };
}

/** A box with the tag `template` is created and never started. */
function isTemplate(spec: JsonObject | undefined): boolean {
  return (spec?.['tags'] as string[] | undefined)?.includes('template') === true;
}

const stateOf = (box: Box | undefined) => (box ? (box.started === true ? 'running' : 'stopped') : 'absent');

const power: PowerManager<JsonObject, Box, Record<string, Box>> = {
  role: (spec) => (isTemplate(spec) ? 'rests' : 'runs'),
  state: (inventory, target) => stateOf(inventory[nameOf(target)]),
  running: stateOf,
  decide({ target }, wish, box) {
    const id = nameOf(target);
    if (box === null) return { kind: 'impossible', reason: `box ${id} is not there` };
    if (box['foreign'] === true) return { kind: 'blocked', reason: `box ${id} is not ours` };
    const [stop, start] = [act(`stop ${id}`, 'stop', id), act(`start ${id}`, 'start', id)];
    if (box.started !== true) return { kind: 'actions', actions: wish === 'stop' ? [] : [start] };
    return { kind: 'actions', actions: wish === 'start' ? [] : wish === 'stop' ? [stop] : [stop, start] };
  },
};

const manager: Manager<JsonObject, Box, Record<string, Box>> = {
  kind: 'lxc',
  sources: lxcSources,
  targets: ({ lxc }) =>
    lxc.map((guest): Target => {
      const { id, memory_mb, cores, tags, dependencies } = guest;
      const spec = { memory_mb, cores, tags };
      return {
        id: targetId('lxc', id),
        spec,
        needs: dependencies.map((need) => targetId('lxc', need)),
        protected: guest.protected,
      };
    }),
  impact: ({ verb, fields }) =>
    verb === 'delete' ? 'destroy' : fields.some(({ path }) => path === '/cores') ? 'restart' : 'live',
  power,
  inventory: async (host) => JSON.parse((await host.run(command('list'))).stdout),
  quickCheck: (inventory, { target }) => inventory[nameOf(target)] ?? null,
  observe: async (host, { target }) => JSON.parse((await host.run(command('show', nameOf(target)))).stdout),
  decide,
  ignorable: {
    fields: () => ['memory_mb', 'cores'],
    without: (spec, fields) => ({ ...spec, ...Object.fromEntries(fields.map((field) => [field, null])) }),
  },
  isThere: (_wanted, box) => box !== null,
  differences: ({ spec = {} }, box) =>
    Object.entries(box === null ? {} : spec).flatMap(([field, declared = null]) => {
      const observed = box?.[field] ?? null;
      return declared === null || same(declared, observed) ? [] : [{ field, declared, observed }];
    }),
  health({ target, spec }) {
    if (!(spec?.['tags'] as string[] | undefined)?.includes('probed')) return null;
    const id = nameOf(target);
    return { summary: `box ${id} answers`, command: command('probe', id), retries: 1, intervalSeconds: 0 };
  },
  rollback({ target }, box, actions) {
    const id = nameOf(target);
    const isThere = box?.['snapshot'] === true;
    if (actions.length === 0 && !isThere) return null;
    return {
      snapshot: isThere ? [] : [act(`snapshot ${id}`, 'snapshot', id)],
      restore: [act(`roll ${id} back`, 'rollback', id)],
      discard: [act(`forget the snapshot of ${id}`, 'forget', id)],
    };
  },
};

function registry(one: Manager<JsonObject, Box, Record<string, Box>>): Managers {
  return {
    allTargets: (config) => new Map(one.targets(config).map((target): [TargetId, Target] => [target.id, target])),
    impactOf: (change) => one.impact(change),
    managerOf: () => one as Manager,
    marking: [],
  };
}

export const BOXES = registry(manager);

/** Boxes that have to be renewed at the time in `due`, once they are `expired`. */
export const BOXES_WITH_AN_END = registry({
  ...manager,
  due(inventory, { target }) {
    const at = inventory[nameOf(target)]?.['due'];
    return typeof at === 'string' ? new Date(at) : null;
  },
});
