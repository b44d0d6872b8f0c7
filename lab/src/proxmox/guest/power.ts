// Switching containers and machines on and off: what the kernel knows of them, and the real container where an engine runs it.

import { engineFor } from '../../engine/engine.ts';
import { type LabNode, setRunning } from '../node.ts';

export function switchOn(node: LabNode, id: number): void {
  engineFor(node, id)?.start(id);
  setRunning(node, id, true);
}

/** @param kindly lets its own init end it */
export function switchOff(node: LabNode, id: number, kindly: boolean): void {
  setRunning(node, id, false);
  engineFor(node, id)?.stop(id, kindly);
}
