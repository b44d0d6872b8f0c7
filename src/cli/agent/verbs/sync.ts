// `phoenix sync all` and `phoenix sync stack NAME to VMID`: what is derived from the guests, or one stack.

import { targetId } from '../../../model/ids.ts';
import { EXIT, type Io } from '../../io.ts';
import type { AskOptions } from '../follow.ts';
import { askVerb } from './ask.ts';

export interface SyncArgs extends AskOptions {
  readonly words: readonly string[];
  readonly dryRun: boolean;
  readonly now: boolean;
}

export async function sync({ words, ...options }: SyncArgs, io: Io): Promise<number> {
  const targets = targetsOf(words);
  if (targets !== null) return askVerb({ verb: 'sync', targets, ...options }, io);
  io.stderr('phoenix sync: say `sync all`, or `sync stack NAME to VMID`, for example `sync stack qdrant to 1002`\n');
  return EXIT.usage;
}

/** None: all that is derived; null: not understood. */
function targetsOf(words: readonly string[]): readonly string[] | null {
  const [what, name, to, vmid] = words;
  if (words.length === 1 && what === 'all') return [];
  const number = /^(?:vm\/)?(\d+)$/.exec(vmid ?? '')?.[1];
  const isStack = words.length === 4 && what === 'stack' && to === 'to' && name !== undefined && number !== undefined;
  return isStack ? [targetId('stack', `${number}.${name}`)] : null;
}
