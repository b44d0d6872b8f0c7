// Opens a lab as a host with its own files, programs and network, isolated from the real machine.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createLab,
  labNetwork,
  labPath,
  networkSocket,
  nodeOwners,
  programsHere,
  startLabNetwork,
} from 'phoenix-lab/host';
import { dialThrough } from '../../io/host/dial.ts';
import { type LocalHostOptions, localHost } from '../../io/host/local.ts';
import { makeFolders } from '../../io/make-folders.ts';
import type { Host } from '../../ports/host.ts';
import type { LabPrograms } from './open-host.ts';

const LAB_NODE = 'pve';

/**
 * Creates the lab in `root` if needed; its network is reachable for other processes.
 * @param programs `processes` survive an agent that is killed, as on a node; `here` runs them in this process, which takes a third of the time,
 *   unless the lab's `lab.json` orders faults, delays or an engine, which only processes obey
 */
export async function openLabHost(
  root: string,
  node: string | null,
  parts: Pick<LocalHostOptions, 'contents' | 'redactor'>,
  programs: LabPrograms = 'processes',
): Promise<Host> {
  await makeFolders(root);
  createLab(root);
  const network = await startLabNetwork(root);
  const dial = dialThrough(networkSocket(root));
  const isPlain = !existsSync(join(root, 'lab.json'));
  const run =
    programs === 'here' && isPlain ? { runs: programsHere(root, true) } : { path: labPath(root), system: false };
  const host = localHost({ ...parts, ...run, root, owners: nodeOwners(root), node: node ?? LAB_NODE, dial });
  return closing(host, network);
}

/** The same within this process only, which is much faster. The lab must exist. */
export function openLabHere(root: string, parts: Pick<LocalHostOptions, 'node' | 'contents' | 'redactor'>): Host {
  const network = labNetwork(root);
  return closing(
    localHost({ ...parts, root, owners: nodeOwners(root), dial: network.dial, runs: programsHere(root) }),
    network,
  );
}

function closing(host: Host, network: { close(): Promise<void> }): Host {
  return {
    ...host,
    async close() {
      await host.close();
      await network.close();
    },
  };
}
