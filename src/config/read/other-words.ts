// Words of other programs for values of Proxmox, of Phoenix and of the programs of a host.

/** The possible values by the other word, in small letters without signs; which of them is meant follows from what the field accepts. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  // Firewalls
  ...{ allow: ['ACCEPT'], permit: ['ACCEPT'], deny: ['DROP'], block: ['DROP'] },
  ...{ inbound: ['in'], incoming: ['in'], ingress: ['in'], input: ['in'] },
  ...{ outbound: ['out'], outgoing: ['out'], egress: ['out'], output: ['out'] },
  // Levels of RAID by their number
  ...{ raid0: ['single'], stripe: ['single'], raid1: ['mirror'], mirrored: ['mirror'] },
  ...{ raid5: ['raidz1'], raidz: ['raidz1'], raid6: ['raidz2'] },
  // Modes of a bond by their number (Linux, bonding.rst)
  ...{ lacp: ['802.3ad', 'lacp-balance-tcp'], failover: ['active-backup'], roundrobin: ['balance-rr'] },
  ...{ '0': ['balance-rr'], '1': ['active-backup'], '2': ['balance-xor'], '3': ['broadcast'] },
  ...{ '4': ['802.3ad'], '5': ['balance-tlb'], '6': ['balance-alb'] },
  // Storages and what they take
  ...{ smb: ['cifs'], samba: ['cifs'], proxmoxbackupserver: ['pbs'], thin: ['lvmthin'], ceph: ['rbd'] },
  ...{ template: ['vztmpl'], templates: ['vztmpl'], isos: ['iso'], image: ['images'], disk: ['images'] },
  ...{ disks: ['images'], vm: ['images'], vms: ['images'], container: ['rootdir'], containers: ['rootdir'] },
  ...{ lxc: ['rootdir', 'ct'], backups: ['backup'], snippet: ['snippets'], dump: ['backup'] },
  // Backups and high availability
  ...{ zst: ['zstd'], zstandard: ['zstd'], gz: ['gzip'], none: ['0'], online: ['snapshot'], live: ['snapshot'] },
  ...{ running: ['started'], on: ['started', 'running'], started: ['running'], up: ['started', 'running'] },
  ...{ off: ['stopped'], down: ['stopped'], shutdown: ['stopped', 'stop'], manual: ['unmanaged'] },
  ...{ affinity: ['node-affinity'], colocation: ['resource-affinity'] },
  // Virtual machines
  ...{ uefi: ['ovmf'], efi: ['ovmf'], i440fx: ['pc'], hostpassthrough: ['host'], hostmodel: ['host'] },
  ...{ linux: ['l26'], ubuntu: ['l26'], debian: ['l26'], fedora: ['l26'], windows: ['win11'], windows11: ['win11'] },
  ...{ windows10: ['win10'], windowsserver: ['win11'], windows7: ['win7'], virtio: ['virtio-scsi-pci'] },
  ...{ virtioscsi: ['virtio-scsi-pci'], virtionet: ['virtio'], vmwaresvga: ['vmware'], yes: ['i6300esb'] },
  // Interfaces and consoles
  ...{ dhcp4: ['dhcp'], dhcpv4: ['dhcp'], slaac: ['auto'], novnc: ['html5'], spice: ['vv'], german: ['de'] },
  ...{ english: ['en-us'], french: ['fr'], italian: ['it'], spanish: ['es'], everything: ['both'], all: ['both'] },
  // Policies, storages of ZFS, releases of Ubuntu
  ...{ fix: ['heal'], repair: ['heal'], notify: ['report'], server: ['primary'], client: ['agent'], zfs: ['zfspool'] },
  ...{ '2404': ['noble'], '2204': ['jammy'], '2004': ['focal'], or: ['any'], and: ['all'] },
  ...{ reload: ['reload-service'], restart: ['restart-service'] },
  // Authorities and realms
  ...{ letsencrypt: ['acme'], stepca: ['jwk'], internal: ['jwk'] },
  ...{ oidc: ['openid'], oauth: ['openid'], oauth2: ['openid'], sso: ['openid'], activedirectory: ['ad'] },
  ...{ cloudflare: ['cf'], route53: ['aws'], digitalocean: ['dgon'], godaddy: ['gd'], gandi: ['gandi_livedns'] },
  // Notifications and mail
  ...{ critical: ['error'], err: ['error'], warn: ['warning'], ssl: ['tls'], plain: ['insecure'] },
  // Privileges
  ...{ vmstart: ['VM.PowerMgmt'], vmstop: ['VM.PowerMgmt'], vmread: ['VM.Audit'], vmview: ['VM.Audit'] },
};

/** The values that a word may mean; empty for a word that nothing is known of. */
export function otherWords(word: string): readonly string[] {
  const plain = word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return Object.hasOwn(WORDS, plain) ? (WORDS[plain] ?? []) : [];
}
