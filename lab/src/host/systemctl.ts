// systemctl of the node: shows units, and starts, stops, enables and disables them. Unknown verbs are refused.

import { rmSync } from 'node:fs';
import { type LabNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, type Outcome, ok } from '../tree/tree.ts';
import { runOneshot } from './oneshot.ts';
import { canReload, complaintOf, fullName, isKnown, setState, stateOf, TRANSIENT } from './units.ts';

type Verb = (node: LabNode, units: readonly string[], options: ReadonlySet<string>) => Outcome;

/** One line per unit, and the exit code of the first one that is not in that state. */
function printStates(
  units: readonly string[],
  word: (unit: string) => string,
  isSo: (unit: string) => number,
): Outcome {
  const rc = units.some((unit) => isSo(unit) === 0) ? 0 : Math.max(...units.map(isSo));
  return { ...ok(units.map((unit) => `${word(unit)}\n`).join('')), rc };
}

/** Applies it to each unit; stops at the first failure. */
function each(units: readonly string[], act: (unit: string) => Outcome | null): Outcome {
  for (const unit of units) {
    const outcome = act(unit);
    if (outcome !== null) return outcome;
  }
  return ok();
}

function start(node: LabNode, unit: string): Outcome | null {
  if (!isKnown(node, unit)) return failed(`Failed to start ${unit}: Unit ${unit} not found.`, 5);
  if (!stateOf(node, unit).active) return startUnit(node, unit);
  return null;
}

function restart(node: LabNode, unit: string): Outcome | null {
  if (!isKnown(node, unit)) return failed(`Failed to restart ${unit}: Unit ${unit} not found.`, 5);
  return startUnit(node, unit);
}

/** Starts or restarts a unit. A unit whose configuration is invalid does not run afterwards, even if it ran before. */
function startUnit(node: LabNode, unit: string): Outcome | null {
  const { starts } = stateOf(node, unit);
  const ran = runOneshot(node, unit);
  const wrong = ran === null ? complaintOf(node, unit) !== null : !ran;
  setState(node, unit, { active: ran === null && !wrong, starts: starts + 1 });
  if (!wrong) return null;
  return failed(
    `Job for ${unit} failed because the control process exited with error code.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.`,
  );
}

function stop(node: LabNode, unit: string): Outcome | null {
  if (!isKnown(node, unit)) return failed(`Failed to stop ${unit}: Unit ${unit} not loaded.`, 5);
  setState(node, unit, { active: false });
  rmSync(pathOf(node, `${TRANSIENT}/${unit}`), { force: true });
  return null;
}

function reload(node: LabNode, unit: string): Outcome | null {
  if (!isKnown(node, unit)) return failed(`Failed to reload ${unit}: Unit ${unit} not found.`, 5);
  const { active, reloads } = stateOf(node, unit);
  if (!canReload(node, unit)) {
    return failed(
      `Failed to reload ${unit}: Job type reload is not applicable for unit ${unit}.\nSee system logs and 'systemctl status ${unit}' for details.`,
    );
  }
  if (!active) return failed(`${unit} is not active, cannot reload.`);
  setState(node, unit, { reloads: reloads + 1 });
  return null;
}

function reloadOrRestart(node: LabNode, unit: string): Outcome | null {
  return isKnown(node, unit) && stateOf(node, unit).active && canReload(node, unit)
    ? reload(node, unit)
    : restart(node, unit);
}

function enable(node: LabNode, unit: string, verb: 'enable' | 'disable'): Outcome | null {
  if (!isKnown(node, unit)) return failed(`Failed to ${verb} unit: Unit file ${unit} does not exist.`);
  setState(node, unit, { enabled: verb === 'enable' });
  return null;
}

/** Properties of units as `NAME=value`, a blank line between units. */
function show(node: LabNode, words: readonly string[]): Outcome {
  const wanted = words
    .flatMap((word, index) => {
      const [, given] = /^(?:--property=|-p)(.*)$/.exec(word) ?? [];
      return given === undefined ? [] : [given === '' ? (words[index + 1] ?? '') : given];
    })
    .flatMap((list) => list.split(','));
  const names = words.filter((word, index) => !word.startsWith('-') && words[index - 1] !== '-p');
  const blocks = names.map((name) => {
    const unit = fullName(name);
    const known = isKnown(node, unit);
    const { active, enabled } = stateOf(node, unit);
    const properties = {
      Id: unit,
      LoadState: known ? 'loaded' : 'not-found',
      ActiveState: active ? 'active' : 'inactive',
      SubState: active ? 'running' : 'dead',
      UnitFileState: known ? (enabled ? 'enabled' : 'disabled') : '',
    };
    const lines = Object.entries(properties).filter(([key]) => wanted.length === 0 || wanted.includes(key));
    return lines.map(([key, value]) => `${key}=${value}\n`).join('');
  });
  return ok(
    words.includes('--value') ? blocks.map((each) => each.replaceAll(/^\w+=/gm, '')).join('\n') : blocks.join('\n'),
  );
}

const VERBS: Readonly<Record<string, Verb>> = {
  'is-active': (node, units) =>
    printStates(
      units,
      (unit) => (stateOf(node, unit).active ? 'active' : 'inactive'),
      (unit) => (stateOf(node, unit).active ? 0 : isKnown(node, unit) ? 3 : 4),
    ),
  'is-enabled': (node, units) =>
    printStates(
      units,
      (unit) => (isKnown(node, unit) ? (stateOf(node, unit).enabled ? 'enabled' : 'disabled') : 'not-found'),
      (unit) => (stateOf(node, unit).enabled ? 0 : isKnown(node, unit) ? 1 : 4),
    ),
  start: (node, units) => each(units, (unit) => start(node, unit)),
  stop: (node, units) => each(units, (unit) => stop(node, unit)),
  restart: (node, units) => each(units, (unit) => restart(node, unit)),
  reload: (node, units) => each(units, (unit) => reload(node, unit)),
  'try-restart': (node, units) => each(units, (unit) => (stateOf(node, unit).active ? restart(node, unit) : null)),
  'reload-or-restart': (node, units) => each(units, (unit) => reloadOrRestart(node, unit)),
  'try-reload-or-restart': (node, units) =>
    each(units, (unit) => (stateOf(node, unit).active ? reloadOrRestart(node, unit) : null)),
  enable: (node, units, options) =>
    each(units, (unit) => enable(node, unit, 'enable') ?? (options.has('--now') ? start(node, unit) : null)),
  disable: (node, units, options) =>
    each(units, (unit) => enable(node, unit, 'disable') ?? (options.has('--now') ? stop(node, unit) : null)),
  'daemon-reload': () => ok(),
  'reset-failed': () => ok(),
};

const OPTIONS = new Set(['--now', '--quiet', '-q', '--no-block', '--no-ask-password', '--no-pager', '--system']);

/** Answers `systemctl VERB UNIT…` as systemd does for the units that the node has. */
export const systemctl: Program = (node, argv) => {
  const verb = argv.find((word) => !word.startsWith('-')) ?? '';
  if (verb === 'show') return show(node, argv.slice(argv.indexOf('show') + 1));
  const stray = argv.find((word) => word.startsWith('-') && !OPTIONS.has(word));
  if (stray !== undefined) {
    return failed(
      stray.startsWith('--')
        ? `systemctl: unrecognized option '${stray}'`
        : `systemctl: invalid option -- '${stray.slice(1)}'`,
    );
  }
  const carryOut = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (carryOut === undefined) return failed(`Unknown command verb '${verb}'.`);
  const options = new Set(argv.filter((word) => word.startsWith('-')));
  const units = argv.filter((word) => !word.startsWith('-')).slice(1);
  if (units.length === 0 && !['daemon-reload', 'reset-failed'].includes(verb)) return failed('Too few arguments.');
  const outcome = carryOut(node, units.map(fullName), options);
  return options.has('--quiet') || options.has('-q') ? { ...outcome, stdout: '' } : outcome;
};
