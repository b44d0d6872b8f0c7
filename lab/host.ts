// A simulated Proxmox node in a folder: creates it, adds disks and networks, calls its programs, and connects to its network.

export { type Disk, provideDisk } from './src/host/disks/state.ts';
export { nodeOwners } from './src/host/files.ts';
export { manageBy } from './src/host/links/manage.ts';
export { providePool } from './src/host/zfs/zpool.ts';
export { type LabNetwork, labNetwork, networkSocket, startLabNetwork } from './src/network/network.ts';
export {
  createLab,
  type DeclaredStorage,
  declareNode,
  declareStorage,
  LAB_PROGRAMS,
  labPath,
  setGuestState,
  setUpCeph,
} from './src/proxmox/create.ts';
export type { CallOrders } from './src/proxmox/faults.ts';
export { programsHere } from './src/proxmox/here.ts';
export { PROXMOX_PROGRAMS } from './src/proxmox/programs.ts';
export { runPortainerByHand } from './src/services/portainer/by-hand.ts';
export { type Age, ageCertificate, ageNearExpiry } from './src/services/step-ca/age.ts';
