// The messages of Proxmox and QEMU that people meet most, with what they mean and what to do about them.

interface KnownFailure {
  /** As `phoenix explain` names it. */
  readonly code: string;
  /** What the program says of it. */
  readonly says: RegExp;
  readonly means: string;
  /** Short enough to stand in a status beside what failed. */
  readonly remedy: string;
}

/** The first that a text has is meant. */
export const KNOWN_FAILURES: readonly KnownFailure[] = [
  {
    code: 'LOCK_TIMEOUT',
    says: /can't lock file|got timeout/i,
    means: 'Another program works on the guest or the storage, and did not end in time.',
    remedy: 'replay when what else works on it has ended',
  },
  {
    code: 'GUEST_LOCKED',
    says: /CT is locked|VM is locked/i,
    means: 'A backup, migration, snapshot or clone holds the guest, or held it when it was broken off.',
    remedy: 'unlock it when nothing works on it any more, then replay',
  },
  {
    code: 'STORAGE_FULL',
    says: /no space left|out of space/i,
    means: 'The storage has no room for what is to be written.',
    remedy: 'make room on the storage, then replay',
  },
  {
    code: 'STORAGE_MISSING',
    says: /storage '[^']*' does not exist/i,
    means: 'The configuration names a storage that the host does not have.',
    remedy: 'add the storage to the host or name another, then push',
  },
  {
    code: 'SNAPSHOT_NOT_NEWEST',
    says: /is not most recent snapshot/i,
    means: 'ZFS goes back to the newest snapshot alone, and somebody took one after that of Phoenix.',
    remedy: 'remove the newer snapshots, if they may go, and roll back by hand',
  },
  {
    code: 'NO_SNAPSHOTS',
    says: /snapshot feature is not available/i,
    means: 'A disk of the guest lies on a storage that has no snapshots.',
    remedy: 'turn rollback_on_failure off, or move it to a storage that can snapshot',
  },
  {
    code: 'IMAGE_NAME_TAKEN',
    says: /checksum mismatch.*aborting/i,
    means: 'A file of that name lies on the node, and is not the one that is declared.',
    remedy: 'remove the other file of that name on the node, or name the image otherwise, then replay',
  },
  {
    code: 'CHECKSUM_MISMATCH',
    says: /checksum mismatch/i,
    means: 'What was downloaded is not what the checksum says.',
    remedy: "compare template_image_sha256 with the publisher's list, then push",
  },
  {
    code: 'CONTENT_TYPE',
    says: /is not configured for content[ -]type/i,
    means: 'The storage is not set to take disks, images or templates of this kind.',
    remedy: 'let the storage take it, with `pvesm set` and its content types, then replay',
  },
  {
    code: 'STORAGE_OFFLINE',
    says: /storage '[^']*' is not online|connection check for storage|error fetching datastores|cannot find datastore/i,
    means:
      'The server of the storage does not answer, or does not have what is named there. Proxmox adds no storage that it cannot reach.',
    remedy: 'start the server or correct its name, or disable the storage in the file until it is there, then replay',
  },
  {
    code: 'STORAGE_NOT_MOUNTED',
    says: /expected to be a mount point but is not mounted/i,
    means: 'The folder of the storage is declared as a mount, and nothing is mounted there.',
    remedy: 'mount it, or name another path in is_mountpoint, then replay',
  },
  {
    code: 'STORAGE_INACTIVE',
    says: /could not activate storage|does not exist or is unreachable|failed to create content directory|no such logical volume/i,
    means: 'The pool, volume group or folder of the storage is not on the node.',
    remedy: 'make it on the node, or correct what the storage names, then replay',
  },
  {
    code: 'SERVER_NOT_REACHED',
    says: /can't connect to \w+ api|dns api error|couldn't create (?:carbon|influxdb) socket|connection test failed/i,
    means: 'An IPAM, a DNS server or a metric server does not answer. Proxmox asks each before it writes it down.',
    remedy: 'start the server, or correct its address and secret, then replay',
  },
  {
    code: 'DNSMASQ_MISSING',
    says: /missing 'dnsmasq' package/i,
    means: 'A zone gives out addresses by DHCP, and the node has no dnsmasq.',
    remedy: 'install it on each node with apt install dnsmasq and systemctl disable --now dnsmasq, then replay',
  },
  {
    code: 'HA_ERROR_STATE',
    says: /in error state, must be disabled and fixed first/i,
    means: 'HA gave the guest up after failures, and takes no other state before somebody has looked.',
    remedy: 'set it to disabled with ha-manager, find out why it failed, then replay',
  },
  {
    code: 'HA_RULES_CONFLICT',
    says: /rule '[^']*' is invalid/i,
    means: 'A rule of HA contradicts one that people made, or names more resources to keep apart than there are nodes.',
    remedy: 'compare it with those under Datacenter, HA, then push',
  },
  {
    code: 'NOTHING_TO_REPLICATE',
    says: /no replicatable volumes found|missing replicate feature|unable to replicate/i,
    means: 'A disk of the guest is on a storage that cannot be copied to another node, or it has none.',
    remedy: 'move its disks to ZFS, or set replicate=0 at those that are not copied, then replay',
  },
  {
    code: 'TEMPLATE_MISSING',
    says: /template: no such template/i,
    means: "The template is not in Proxmox's list: it was replaced by a newer one, or its name is misspelt.",
    remedy: 'name one that `pveam available` lists, or put the file on the storage, then replay',
  },
  {
    code: 'HOST_TOO_SMALL',
    says: /MAX \d+ vcpus allowed per VM/,
    means: 'The VM has more processors than the node: cores and sockets count together.',
    remedy: 'give it as many cores as the node has at most, then push',
  },
  {
    code: 'CPU_NOT_THERE',
    says: /host doesn't support requested feature|does not exist for configured vCPU architecture/i,
    means: 'The processor of the node lacks something that the CPU type of the VM has.',
    remedy: 'give it a cpu_type that the node has, such as host or x86-64-v2-AES, then push',
  },
  {
    code: 'NO_KVM',
    says: /KVM virtualisation configured, but not available/,
    means:
      'The node does not offer virtualisation: it is off in the firmware, or the node is itself a VM that is not let nest.',
    remedy: 'turn VT-x or AMD-V on in the firmware of the node, then replay',
  },
  {
    code: 'NO_IOMMU',
    says: /IOMMU not present|can't unbind\/bind PCI group to VFIO/,
    means:
      'A PCI device cannot be handed in: IOMMU is off in the firmware or the kernel, or the node uses the device itself.',
    remedy: 'turn VT-d or AMD-Vi on and keep the driver of the node off the device, then replay',
  },
  {
    code: 'MAPPING_MISSING',
    says: /(device|directory) mapping (not found|invalid)|USB Mapping invalid/i,
    means: 'The datacenter has no mapping of that name for this node, or the device behind it is another one by now.',
    remedy: 'declare the mapping for this node, or correct its device, then push',
  },
  {
    code: 'DEVICE_MISSING',
    says: /no PCI device found for|Device \S+ does not exist|no such (serial|parallel) device|\/dev\/\S+ is not a device|Error accessing device/,
    means:
      'A device that is handed in is not on the node: it is not plugged in, its driver is not loaded, or its address changed.',
    remedy: 'compare it with lspci, lsusb or /dev on the node, then push',
  },
  {
    code: 'BRIDGE_MISSING',
    says: /bridge '[^']*' does not exist/,
    means: 'An interface of the guest is on a bridge that the node does not have.',
    remedy: 'add the bridge to the node or name another, then push',
  },
  {
    code: 'PACKETS_TOO_LARGE',
    says: /MTU (size )?'\d+' is bigger than/,
    means: 'An interface of the guest has larger packets than its bridge passes on.',
    remedy: 'give the interface the mtu of its bridge at most, or the bridge a larger one, then push',
  },
  {
    code: 'SCRIPT_FAILED',
    says: /script '[^']*' (does not exist|is not executable)|hookscript error/,
    means: 'The hook script of the guest is not on the node, may not be run, or ended with an error before the start.',
    remedy: 'declare it in snippets or put it on the node, executable, then replay',
  },
  {
    code: 'NO_HUGE_PAGES',
    says: /system doesn't support hugepages|hugepage allocation failed|host only supports 1024/,
    means: 'The node has no pages of that size left: its memory is taken or in small pieces.',
    remedy: 'take hugepages out, or let the kernel keep them from its start, then push',
  },
  {
    code: 'PROGRAM_MISSING',
    says: /virtiofsd is not installed|missing libraries for/,
    means: 'The node lacks a package that this hardware of the VM needs.',
    remedy: 'install what the message names on the node with apt, then replay',
  },
  {
    code: 'UNKNOWN_SYSTEM',
    says: /unable to detect OS distribution|unsupported (ancient |and unexpected )?[\w ]+ (version|release) '|Container Debian version/,
    means:
      'Proxmox does not know the distribution in the template, or not this version of it, and so cannot set it up.',
    remedy: 'take another template, or declare ostype as unmanaged, then push',
  },
  {
    code: 'HAS_CLONES',
    says: /still in use by linked clone/,
    means: 'Clones of the template have their disks on its own.',
    remedy: 'delete the clones first, or give them disks of their own',
  },
  {
    code: 'PROTECTION_ON',
    says: /protection mode enabled/,
    means: 'The guest is protected in Proxmox, which then keeps it and its disks, whoever asks.',
    remedy: 'declare protection as false first, and delete with a later push',
  },
  {
    code: 'NOT_CLONABLE',
    says: /clone feature (for .* is not available|is not supported)|unable to clone mountpoint/,
    means: 'A disk of the source lies where Proxmox cannot copy it, or is a folder of the host.',
    remedy: 'make the source a template or put it on a storage that can, then push',
  },
  {
    code: 'LXC_FAILED',
    says: /startup for container '\d+' failed/,
    means: 'LXC did not start the container: something that it mounts, runs or is handed is not as it has to be.',
    remedy: 'run pct start with --debug on the node, correct what it names, then push',
  },
  {
    code: 'QEMU_FAILED',
    says: /QEMU exited with code/,
    means:
      'QEMU refused to start the VM: its hardware does not go together, or the node lacks some of it. Its own line begins with kvm.',
    remedy: 'read the line of kvm in the log of the step, correct what it names, then push',
  },
  {
    code: 'NOT_ROOT',
    says: /permission denied|permission check failed/i,
    means: 'Phoenix runs on the node as a user that may not do this.',
    remedy: 'run Phoenix as root on the node',
  },
];

/** Undefined for a text that says nothing known. */
export function knownFailure(text: string): KnownFailure | undefined {
  return KNOWN_FAILURES.find(({ says }) => says.test(text));
}
