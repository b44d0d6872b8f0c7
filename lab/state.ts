// The state of a lab's node and guests, for tests that inspect or prepare it without its programs.

export { variablesIn } from './src/guest/docker/compose-file.ts';
export { type Database, isServer, readDatabase, writeDatabase } from './src/guest/docker/portainer.ts';
export { rootOf } from './src/guest/docker/root.ts';
export { changeState, type DockerState, readState } from './src/guest/docker/state.ts';
export { bytesOf } from './src/host/zfs/properties.ts';
export { readZfs } from './src/host/zfs/state.ts';
export type { Answer } from './src/proxmox/answer.ts';
export { encodeText, parseGuestFile } from './src/proxmox/guest/file.ts';
export { insidePath } from './src/proxmox/guest/place.ts';
export { type LabNode, openNode, setAgent, setRunning, writeVmlist } from './src/proxmox/node.ts';
export { pct } from './src/proxmox/pct/pct.ts';
export { qm } from './src/proxmox/qm/qm.ts';
