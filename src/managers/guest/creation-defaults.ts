// Values that a new guest gets where its declaration says nothing. A default is not a declaration: it is never compared with an existing guest, and
// so it is not part of the normalised configuration.

export const CREATION_DEFAULTS = {
  lxc: { unprivileged: true, interfaceName: 'eth0', bridge: 'vmbr0' },
  vm: { diskSizeGb: 32, bridge: 'vmbr0', ip: 'dhcp', username: 'phoenix' },
} as const;
