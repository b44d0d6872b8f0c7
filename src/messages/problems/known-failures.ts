// The most frequent error messages of Proxmox, QEMU and what they call, with their meaning and a remedy.

interface KnownFailure {
  /** As `phoenix explain` names it. */
  readonly code: string;
  /** Matches the message of the program. */
  readonly says: RegExp;
  /** Words of the system: they count only where no script can have printed them. */
  readonly saysOnNode?: RegExp;
  readonly means: string;
  /** Short enough for a status that also names what failed. */
  readonly remedy: string;
}

/**
 * The first one that matches a text counts, so that specific messages come before general ones. The output of a program inside a guest is searched
 * too: there a failure of the node is known by words of Proxmox, never by those of the system alone, which any program says.
 */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  // First what is wrong with the node as a whole: it is the cause of what else is said.
  {
    code: 'CLUSTER_FILES_DOWN',
    says: /ipcc_send_rec\[\d+\] failed|unable to load access control list|pmxcfs\)? not mounted|cluster filesystem not online/i,
    means: 'The service pve-cluster, which keeps the files below /etc/pve, does not run on the node.',
    remedy: 'run systemctl restart pve-cluster on the node, then replay',
  },
  {
    code: 'NO_QUORUM',
    says: /cluster not ready - no quorum|no quorum!|no quorum - unable to update files|no quorum on target node/i,
    means:
      'Fewer than half of the nodes of the cluster see each other; of a single node, its pve-cluster does not run. Proxmox then changes nothing below /etc/pve, and starts no guest.',
    remedy: 'start the missing nodes, or on a single node run systemctl restart pve-cluster, then replay',
  },
  {
    code: 'REPOSITORY_REFUSED',
    says: /failed to fetch \S+\s+401\s+unauthorized/i,
    means:
      'A package repository requires a login. That of Proxmox for enterprises is active on a new node, and requires a subscription.',
    remedy: 'disable that repository on the node or guest, or enter its key, then replay',
  },
  {
    code: 'CLOCK_WRONG',
    says: /is not valid yet|certificate is not yet valid|uses not yet valid certificate|CERT_NOT_YET_VALID/i,
    means: 'The clock of the node, or of the guest, is behind: what was just signed seems to be of the future.',
    remedy: 'set the clock, for example with chronyc makestep, then replay',
  },
  {
    code: 'CERTIFICATE_EXPIRED',
    says: /certificate has expired|certificate expired|uses expired certificate|CERT_HAS_EXPIRED/i,
    means:
      'A server shows a certificate that is no longer valid, or that of its authority is not; or the clock is ahead of time.',
    remedy: 'renew the certificate of that server or of its authority, then replay',
  },
  {
    code: 'NAME_NOT_RESOLVED',
    // Of sudo it is only a warning: the name of the guest is not in its /etc/hosts.
    says: /^(?!sudo: ).*(temporary failure (in name resolution|resolving)|(could not|unable to) resolve (host|proxy)|could not resolve '[\w.-]+'(?! from)|name or service not known|\bEAI_AGAIN\b|\bENOTFOUND\b)/im,
    means:
      'No DNS server answers for the name: none can be reached from the node or the guest, or the name is misspelt.',
    remedy: 'correct the DNS server of the node or guest, or the name, then replay',
  },
  {
    code: 'THIN_POOL_FULL',
    says: /free space in thin pool \S+ reached threshold/i,
    means: 'The thin pool is so full that LVM creates no further volume in it.',
    remedy: 'free space in the pool, or extend it with lvextend, then replay',
  },
  {
    code: 'LOCK_TIMEOUT',
    says: /can't lock file|got (lock request )?timeout/i,
    means:
      'Proxmox stopped waiting: another program is working on the guest, the storage or the configuration, or the node is too busy.',
    remedy: 'wait until the other work on the node has ended, then replay',
  },
  {
    code: 'GUEST_LOCKED',
    says: /CT is locked|VM is locked/i,
    means: 'A backup, migration, snapshot or clone has locked the guest, or was interrupted and left its lock.',
    remedy: 'unlock it with pct unlock or qm unlock once nothing works on it, then replay',
  },
  {
    code: 'STORAGE_FULL',
    says: /no space left|out of space|(not enough|insufficient) free space|insufficient suitable/i,
    means: 'The storage has too little free space for what is to be written, or a disk of the guest is full.',
    remedy: 'free space on the storage, or on the full disk of the guest, then replay',
  },
  {
    code: 'STORAGE_MISSING',
    says: /storage '[^']*' does not exist/i,
    means: 'The configuration names a storage that the host does not have.',
    remedy: 'add the storage to the host or declare another one, then push',
  },
  {
    code: 'SNAPSHOT_NOT_NEWEST',
    says: /is not most recent snapshot/i,
    means: 'ZFS can only roll back to the newest snapshot, and somebody took one after that of Phoenix.',
    remedy: 'remove the newer snapshots if nobody needs them, and roll back by hand',
  },
  {
    code: 'NO_SNAPSHOTS',
    says: /snapshot feature is not available/i,
    means: 'A disk of the guest is on a storage that does not support snapshots.',
    remedy: 'turn rollback_on_failure off, or move the disk to a storage with snapshots',
  },
  {
    code: 'IMAGE_NAME_TAKEN',
    says: /checksum mismatch.*aborting/i,
    means: 'The node already has a file of that name, which is not the declared one.',
    remedy: 'remove that file from the node and replay, or declare another name and push',
  },
  {
    code: 'CHECKSUM_MISMATCH',
    says: /checksum mismatch: got '/i,
    means: 'The downloaded file does not have the declared checksum.',
    remedy: "compare template_image_sha256 with the publisher's list, then push",
  },
  {
    code: 'CONTENT_TYPE',
    says: /is not configured for content[ -]type/i,
    means: 'The storage is not configured for disks, images or templates of this kind.',
    remedy: 'add the content type to the storage, for example with `pvesm set`, then replay',
  },
  {
    code: 'STORAGE_OFFLINE',
    says: /storage '[^']*' is not online|connection check for storage|error fetching datastores|cannot find datastore/i,
    means:
      'The server of the storage does not answer, or does not have the share, pool or datastore that is named. Proxmox adds no storage that it cannot reach.',
    remedy: 'start the server and replay, or correct its name or disable the storage in the file and push',
  },
  {
    code: 'STORAGE_NOT_MOUNTED',
    says: /expected to be a mount point but is not mounted/i,
    means: 'The folder of the storage is declared as a mount, and nothing is mounted there.',
    remedy: 'mount it and replay, or declare another path in is_mountpoint and push',
  },
  {
    code: 'STORAGE_INACTIVE',
    says: /could not activate storage|directory '[^']*' does not exist or is unreachable|failed to create content directory|no such logical volume/i,
    means: 'The pool, volume group or folder of the storage is not on the node.',
    remedy: 'create it on the node and replay, or correct the name in the declaration of the storage and push',
  },
  {
    code: 'SERVER_NOT_REACHED',
    says: /can't connect to \w+ api|dns api error|couldn't create (?:carbon|influxdb) socket|connection test failed: \d{3} /i,
    means:
      'An IPAM, a DNS server or a metric server does not answer. Proxmox contacts each of them before it stores its configuration.',
    remedy: 'start the server and replay, or correct its address or secret and push',
  },
  {
    code: 'DNSMASQ_MISSING',
    says: /missing 'dnsmasq' package/i,
    means: 'A zone assigns addresses by DHCP, and dnsmasq is not installed on the node.',
    remedy: 'install it on each node with apt install dnsmasq and systemctl disable --now dnsmasq, then replay',
  },
  {
    code: 'HA_ERROR_STATE',
    says: /in error state, must be disabled and fixed first/i,
    means: 'HA gave up on the guest after failures, and accepts no other state until somebody resets it.',
    remedy: 'set it to disabled with ha-manager, find and fix the cause, then replay',
  },
  {
    code: 'HA_RULES_CONFLICT',
    says: /rule '[^']*' is invalid/i,
    means:
      'A rule of HA contradicts a rule that somebody created in Proxmox, or keeps more resources apart than there are nodes.',
    remedy: 'compare it with the rules in Proxmox under Datacenter, HA, correct one of them, then push',
  },
  {
    code: 'NOTHING_TO_REPLICATE',
    says: /no replicatable volumes found|missing replicate feature|unable to replicate/i,
    means: 'A disk of the guest is on a storage whose volumes cannot be replicated, or the guest has no disk.',
    remedy: 'move its disks to ZFS, or declare replicate as false at those that are not replicated, then push',
  },
  {
    code: 'TEMPLATE_MISSING',
    says: /template: no such template/i,
    means: "The template is not in Proxmox's list: it was replaced by a newer one, or its name is misspelt.",
    remedy: 'declare one that `pveam available` lists and push, or put the file on the storage and replay',
  },
  {
    code: 'HOST_TOO_SMALL',
    says: /MAX \d+ vcpus allowed per VM/,
    means: 'The VM has more processors than the node; the number is cores times sockets.',
    remedy: 'declare at most as many cores as the node has, then push',
  },
  {
    code: 'CPU_NOT_THERE',
    says: /host doesn't support requested feature|does not exist for configured vCPU architecture/i,
    means: 'The processor of the node lacks a feature of the CPU type of the VM.',
    remedy: 'declare a cpu_type that the node supports, such as host or x86-64-v2-AES, then push',
  },
  {
    code: 'NO_KVM',
    says: /KVM virtualisation configured, but not available/,
    means:
      'The node does not offer hardware virtualisation: it is disabled in the firmware, or the node is itself a VM without nested virtualisation.',
    remedy: 'enable VT-x or AMD-V in the firmware of the node, then replay',
  },
  {
    code: 'NO_IOMMU',
    says: /IOMMU not present|can't unbind\/bind PCI group to VFIO/,
    means:
      'A PCI device cannot be passed through: IOMMU is disabled in the firmware or the kernel, or the node uses the device itself.',
    remedy: 'enable VT-d or AMD-Vi and keep the node from loading a driver for the device, then replay',
  },
  {
    code: 'MAPPING_MISSING',
    says: /(device|directory) mapping (not found|invalid)|USB Mapping invalid/i,
    means: 'The datacenter has no mapping of that name for this node, or its device has changed.',
    remedy: 'declare the mapping for this node, or correct its device, then push',
  },
  {
    code: 'DEVICE_MISSING',
    says: /no PCI device found for|Device \/\S+ does not exist|no such (serial|parallel) device|\/dev\/\S+ is not a device|Error accessing device/,
    means:
      'A device that is passed through is not on the node: it is not plugged in, its driver is not loaded, or its address changed.',
    remedy: 'compare it with lspci, lsusb or /dev on the node, correct the declaration, then push',
  },
  {
    code: 'BRIDGE_MISSING',
    says: /bridge '[^']*' does not exist/,
    means: 'An interface of the guest is on a bridge that the node does not have.',
    remedy: 'add the bridge to the node or declare another one, then push',
  },
  {
    code: 'PACKETS_TOO_LARGE',
    says: /MTU (size )?'\d+' is bigger than/,
    means: 'An interface of the guest has a larger MTU than its bridge.',
    remedy: 'declare at most the mtu of the bridge for the interface, or a larger one for the bridge, then push',
  },
  {
    code: 'SCRIPT_FAILED',
    says: /script '[^']*' (does not exist|is not executable)|hookscript error/,
    means: 'The hook script of the guest is not on the node, is not executable, or failed before the start.',
    remedy: 'declare it in snippets and push, or put it on the node as an executable file and replay',
  },
  {
    code: 'NO_HUGE_PAGES',
    says: /system doesn't support hugepages|hugepage allocation failed|host only supports 1024/,
    means: 'The node has no free memory pages of that size: its memory is in use or fragmented.',
    remedy: 'remove hugepages from the declaration and push, or reserve them at the boot of the node and replay',
  },
  {
    code: 'PROGRAM_MISSING',
    says: /virtiofsd is not installed|missing libraries for/,
    means: 'A package that this hardware of the VM requires is not installed on the node.',
    remedy: 'install the package that the message names on the node with apt, then replay',
  },
  {
    code: 'UNKNOWN_SYSTEM',
    says: /unable to detect OS distribution|unsupported (ancient |and unexpected )?(centos|devuan|fedora|openeuler|suse|suse tumbleweed|ubuntu) (version|release) '|Container Debian version/i,
    means:
      'Proxmox does not support the distribution in the template, or this version of it, so it cannot configure the container.',
    remedy: 'declare another template, or ostype as unmanaged, then push',
  },
  {
    code: 'HAS_CLONES',
    says: /still in use by linked clone/,
    means: 'Linked clones use the disks of the template.',
    remedy: 'delete the clones first, or turn their disks into full copies',
  },
  {
    code: 'PROTECTION_ON',
    says: /protection mode enabled/,
    means: 'The guest is protected in Proxmox, which then refuses to delete it or its disks.',
    remedy: 'declare protection as false first, and delete with a later push',
  },
  {
    code: 'NOT_CLONABLE',
    says: /clone feature (for .* is not available|is not supported)|unable to clone mountpoint/,
    means: 'A disk of the source is on a storage that cannot clone it, or is a folder of the host.',
    remedy: 'make the source a template or move its disks to a storage with clones, then push',
  },
  {
    code: 'READ_ONLY_DISK',
    says: /unable to open file '[^']*' - read-only file system/i,
    saysOnNode: /read-only file system/i,
    means:
      'Proxmox cannot write to a file system: it is declared read-only, or the kernel made it read-only after errors of its disk.',
    remedy: 'if it is not meant to be read-only, check its disk with dmesg, repair and remount it, then replay',
  },
  {
    code: 'MEMORY_FULL',
    says: /(cannot set up guest memory|unable to map backing store for guest RAM|unable to fork worker).*cannot allocate memory/i,
    saysOnNode: /cannot allocate memory/i,
    means: 'The node has too little free memory for the guest, or for a program of Proxmox.',
    remedy: 'stop guests that are not needed and replay, or declare less memory_mb and push',
  },
  {
    code: 'LXC_FAILED',
    says: /startup for container '\d+' failed/,
    means: 'LXC did not start the container: one of its mounts, programs or devices is missing or unsuitable.',
    remedy: 'run pct start with --debug on the node, correct the cause that it reports, then push',
  },
  {
    code: 'QEMU_FAILED',
    says: /QEMU exited with code/,
    means:
      'QEMU refused to start the VM: its devices contradict each other, or the node lacks one of them. The message of QEMU begins with kvm.',
    remedy: 'read the line that begins with kvm in the log of the step, correct its cause, then push',
  },
  {
    code: 'KEY_REFUSED',
    says: /permission denied \((publickey|password|keyboard|gssapi|hostbased)/i,
    means: 'An SSH server, of the node, the forge or another machine, accepts none of the keys that were offered.',
    remedy: 'add the public key of the side that connects to that server, then replay',
  },
  {
    code: 'NOT_ROOT',
    says: /permission denied|permission check failed|please run as root/i,
    means: 'The user is not allowed to do this: that of Phoenix on the node, or that of a script in its guest.',
    remedy: 'run Phoenix as root on the node, or correct the rights of the file that the message names, then replay',
  },
];

/**
 * Undefined for a text without a known message.
 *
 * @param isOfNode whether only programs of the node can have printed the text, and no script
 */
export function knownFailure(text: string, isOfNode = false): KnownFailure | undefined {
  return KNOWN_FAILURES.find(({ says, saysOnNode }) => says.test(text) || (isOfNode && saysOnNode?.test(text)));
}
