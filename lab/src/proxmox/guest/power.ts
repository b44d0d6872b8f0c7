// Starts and stops containers and machines: their running state, and the real container where an engine runs it.

import { engineFor } from '../../engine/engine.ts';
import { type LabNode, setRunning } from '../node.ts';

export function switchOn(node: LabNode, id: number): void {
  engineFor(node, id)?.start(id);
  setRunning(node, id, true);
}

/** @param gracefully shut down by its own init */
export function switchOff(node: LabNode, id: number, gracefully: boolean): void {
  setRunning(node, id, false);
  engineFor(node, id)?.stop(id, gracefully);
}
