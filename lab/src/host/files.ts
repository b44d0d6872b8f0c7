// The file programs of the node (cp, mkdir, chown, …), on the files of the lab.

import { type Accounts, openAccounts } from '../accounts.ts';
import { type LabNode, openNode, pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { FILE_PROGRAMS } from '../tree/programs.ts';
import type { Tree } from '../tree/tree.ts';

/** The node's files, users and groups. */
export function hostTree(node: LabNode, stdin: () => Buffer = () => Buffer.alloc(0)): Tree {
  const at = (path: string): string => pathOf(node, path);
  return { at, accounts: openAccounts(at, pathOf(node, 'run/lab/owners/node.json')), stdin };
}

/** A file program by its name. */
export function hostFileProgram(name: string): Program {
  const run = FILE_PROGRAMS[name];
  if (run === undefined) throw new Error(`the lab has no program ${name}`);
  return (node, argv, stdin) => run(hostTree(node, stdin), argv);
}

/** File ownership of a lab's node, for callers that read and write its files without its programs. */
export function nodeOwners(dir: string): Pick<Accounts, 'ownerOf' | 'setOwner'> {
  return hostTree(openNode(dir)).accounts;
}
