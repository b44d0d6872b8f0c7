// What HA does with the starts and stops that it was asked for. No daemon runs in a lab: what is due is done before the next call of a program, and by
// programs that wait.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newCall } from '../../call.ts';
import { switchOff } from '../../guest/power.ts';
import { pause } from '../../lock.ts';
import { HA_REQUESTS, kindOf, type LabNode, labSettings, pathOf, running, setRunning } from '../../node.ts';
import { startContainerHere } from '../../pct/lifecycle.ts';
import { startMachineHere } from '../../qm/lifecycle.ts';
import { Refusal } from '../../refusal.ts';
import { setHaState } from './ha.ts';
import type { HaRequest } from './requests.ts';

const USUAL_DELAY = 1000;

/** Does what is due. A guest that cannot be started stays stopped, as after HA's last try. */
export function carryOutHaRequests(node: LabNode): void {
  const folder = pathOf(node, HA_REQUESTS);
  if (!existsSync(folder)) return;
  const delay = labSettings(node).haDelayMs ?? USUAL_DELAY;
  for (const name of readdirSync(folder).filter((one) => /^\d+\.json$/.test(one))) {
    const file = join(folder, name);
    const { wish, asked } = JSON.parse(readFileSync(file, 'utf8')) as HaRequest;
    if (asked + delay > Date.now()) continue;
    rmSync(file, { force: true });
    carryOut(node, Number.parseInt(name, 10), wish);
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

function carryOut(node: LabNode, id: number, wish: HaRequest['wish']): void {
  const isRunning = running(node, id) !== undefined;
  if (wish === 'stop') {
    setHaState(node, id, 'stopped');
    if (!isRunning) return;
    if (kindOf(node, id) === 'lxc') switchOff(node, id, true);
    else setRunning(node, id, false);
    return;
  }
  if (isRunning) return;
  try {
    const start = kindOf(node, id) === 'lxc' ? startContainerHere : startMachineHere;
    start(newCall(node), id, {});
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

/** Waits until the condition holds, with HA at work meanwhile. Returns whether it does. */
export function waitForHa(node: LabNode, seconds: number, isReached: () => boolean): boolean {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    carryOutHaRequests(node);
    if (isReached()) return true;
    if (Date.now() >= end) return false;
    pause(20);
  }
}
