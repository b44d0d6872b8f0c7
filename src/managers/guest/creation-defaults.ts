// What a guest is made with where its declaration says nothing. A default is no declaration: none of this is compared with a guest
// that exists, and so none of it stands in the normalised configuration.

export const CREATION_DEFAULTS = {
  lxc: { unprivileged: true, interfaceName: 'eth0', bridge: 'vmbr0' },
  vm: { diskSizeGb: 32, bridge: 'vmbr0', ip: 'dhcp', username: 'phoenix' },
} as const;
