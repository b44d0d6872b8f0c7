// Scripts that are fed to a guest's shell are not executed in a lab. Of the programs that those shipped with Phoenix call, what the
// guests' services read afterwards is left behind as the real ones would leave it.

import type { Tree } from '../tree.ts';
import { initAuthority } from './step-ca.ts';

/** What a script was given: its exported variables, and the guest's own addresses. */
export interface ScriptInputs {
  readonly variables: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
}

type Effect = (tree: Tree, inputs: ScriptInputs) => void;

/** By what is called in the script: one line for each. */
const EFFECTS: readonly (readonly [call: RegExp, effect: Effect])[] = [[/\bstep ca init\b/, initAuthority]];

/** @param text the whole of the script, with the exports before it */
export function leaveBehind(tree: Tree, text: string, addresses: readonly string[]): void {
  const exports = text.matchAll(/^export (\w+)='((?:[^']|'\\'')*)'$/gm);
  const variables = Object.fromEntries(
    [...exports].map(([, name = '', value = '']) => [name, value.replaceAll("'\\''", "'")]),
  );
  for (const [call, effect] of EFFECTS) if (call.test(text)) effect(tree, { variables, addresses });
}
