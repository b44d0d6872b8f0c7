// A lab as a host: its own files, programs and network, and nothing of the machine that it lies on.

import { mkdir } from 'node:fs/promises';
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
import type { Host } from '../../ports/host.ts';
import type { LabPrograms } from './open-host.ts';

const LAB_NODE = 'pve';

/**
 * Makes the lab in `root` where there is none; other processes reach its network.
 * @param programs `processes` outlive an agent that is killed, as those of a node do; `here` they run in this process, in a third of the time
 */
export async function openLabHost(
  root: string,
  node: string | null,
  parts: Pick<LocalHostOptions, 'contents' | 'redactor'>,
  programs: LabPrograms = 'processes',
): Promise<Host> {
  await mkdir(root, { recursive: true });
  createLab(root);
  const network = await startLabNetwork(root);
  const dial = dialThrough(networkSocket(root));
  const run = programs === 'here' ? { runs: programsHere(root, true) } : { path: labPath(root), system: false };
  const host = localHost({ ...parts, ...run, root, owners: nodeOwners(root), node: node ?? LAB_NODE, dial });
  return closing(host, network);
}

/** The same for this process alone, which takes far less time. The lab is made already. */
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
