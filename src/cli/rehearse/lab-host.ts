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

const LAB_NODE = 'pve';

/** Makes the lab in `root` where there is none; its programs are processes, and other processes reach its network. */
export async function openLabHost(
  root: string,
  node: string | null,
  parts: Pick<LocalHostOptions, 'contents' | 'redactor'>,
): Promise<Host> {
  await mkdir(root, { recursive: true });
  createLab(root);
  const network = await startLabNetwork(root);
  const dial = dialThrough(networkSocket(root));
  const files = { root, owners: nodeOwners(root) };
  const host = localHost({ ...parts, ...files, node: node ?? LAB_NODE, path: labPath(root), system: false, dial });
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
