// Guests as people have them: made by hand, by other programs and by older versions of Proxmox. Proxmox accepts each of these files.

export interface OddGuest {
  readonly kind: 'lxc' | 'vm';
  readonly text: string;
  /** What an import leaves, by its key. Absent: nothing. */
  readonly left?: readonly string[];
  /** Further keys without which the import is the same: their values are the defaults. */
  readonly usual?: readonly string[];
}

const ROOT = 'rootfs: rpool:subvol-4001-disk-0,size=8G';
const NET = 'net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth';
const container = (...lines: string[]) =>
  `${['arch: amd64', 'hostname: odd', 'memory: 1024', NET, 'ostype: debian', ROOT, 'swap: 256', ...lines].join('\n')}\n`;
const machine = (...lines: string[]) =>
  `${[
    'boot: order=scsi0',
    'cores: 2',
    'memory: 2048',
    'meta: creation-qemu=9.2.0,ctime=1741358204',
    'name: odd',
    'scsi0: rpool:vm-4001-disk-0,size=8G',
    'smbios1: uuid=0b4d9b5c-9c1e-4a39-8d2c-6f3c6d1e2a90',
    'vmgenid: aa58debd-e560-4be1-9431-135326460b6e',
    ...lines,
  ].join('\n')}\n`;

export const ODD_GUESTS: Readonly<Record<string, OddGuest>> = {
  'a VM that runs macOS': {
    kind: 'vm',
    text: machine(
      'args: -device isa-applesmc,osk="words(c)AppleComputerInc" -smbios type=2 -device usb-kbd,bus=ehci.0,port=2 -cpu host,kvm=on,vendor=GenuineIntel',
      'agent: 1',
      'balloon: 0',
      'bios: ovmf',
      'cpu: Haswell',
      'efidisk0: rpool:vm-4001-disk-1,size=4M',
      'ide2: local:iso/OpenCore.iso,cache=unsafe,size=150M',
      'machine: pc-q35-8.1',
      'net0: vmxnet3=00:16:CB:00:00:21,bridge=vmbr0,firewall=1',
      'numa: 0',
      'ostype: other',
      'sata0: rpool:vm-4001-disk-2,cache=unsafe,discard=on,size=64G,ssd=1',
      'sockets: 1',
      'vga: vmware',
    ),
    left: ['ide2'],
    usual: ['numa', 'ostype', 'sockets'],
  },
  'a VM that was moved from VMware': {
    kind: 'vm',
    text: machine('net0: e1000=00:50:56:9F:12:34,bridge=vmbr0', 'ostype: win10', 'scsihw: pvscsi')
      .replace(/smbios1: .*/, 'smbios1: uuid=564d1c2b-8f0a-1e3c-7d21-9a5b0c3d4e5f')
      .replace('vmgenid: aa58debd-e560-4be1-9431-135326460b6e', 'vmgenid: 0'),
  },
  'a VM with the identity of its hardware': {
    kind: 'vm',
    text: machine().replace(
      /smbios1: .*/,
      'smbios1: base64=1,family=VGhpbms=,manufacturer=TEVOT1ZP,product=MjBYVw==,serial=UEYyWDM=,uuid=0b4d9b5c-9c1e-4a39-8d2c-6f3c6d1e2a90',
    ),
  },
  'a VM whose smbios has no uuid': {
    kind: 'vm',
    text: machine().replace(/smbios1: .*/, 'smbios1: base64=1,serial=ZHM9bm9jbG91ZC1uZXQ7cz1odHRwOi8vMTAuMC4wLjIv'),
  },
  'a VM whose disks were passed through': {
    kind: 'vm',
    text: machine(
      'onboot: 1',
      'scsi1: /dev/disk/by-id/ata-WDC_WD40EFRX-68N32N0_WD-WCC7K0,size=3907018584K',
      'scsi2: /dev/disk/by-id/ata-ST4000VN008-2DR166_ZDH,backup=0,serial=ZDH,size=3907018584K',
      'sata3: /dev/nvme1n1,size=976762584K',
      'scsihw: virtio-scsi-single',
    ),
    left: ['sata3'],
  },
  'a VM with a disk file by its path': {
    kind: 'vm',
    text: machine('virtio1: /mnt/pve/old/images/4001/data.qcow2,format=qcow2,size=20G'),
    left: ['virtio1'],
  },
  'a VM that starts from a disk of the host': {
    kind: 'vm',
    text: 'boot: order=sata0;scsi3\nname: metal\nsata0: /dev/disk/by-id/nvme-Samsung_SSD_970,size=488386584K,ssd=1\nscsi3: /dev/zvol/tank/vm,format=raw,iothread=1,size=10G\n',
  },
  'a VM with everything detached': {
    kind: 'vm',
    text: machine('unused0: rpool:vm-4001-disk-1', 'unused1: nas:4001/vm-4001-disk-0.qcow2'),
    left: ['unused0', 'unused1'],
  },
  'a VM that is locked by a backup': { kind: 'vm', text: machine('lock: backup'), left: ['lock'] },
  'a VM that is hibernated': {
    kind: 'vm',
    text: machine(
      'lock: suspended',
      'runningcpu: kvm64,enforce,+kvm_pv_eoi',
      'runningmachine: pc-i440fx-9.2+pve1',
      'vmstate: rpool:vm-4001-state-suspend-2024-05-01',
    ),
    left: ['lock', 'vmstate'],
  },
  'a VM of another processor': { kind: 'vm', text: machine('arch: aarch64', 'bios: ovmf', 'machine: virt') },
  'a VM with nothing but a name': { kind: 'vm', text: 'name: bare\n' },
  'a VM from long ago': {
    kind: 'vm',
    text: `bootdisk: virtio0
cores: 1
ide2: none,media=cdrom
memory: 1024
name: old
net0: rtl8139=32:1A:9C:00:00:07,bridge=vmbr0
ostype: l26
sockets: 2
virtio0: local:4001/vm-4001-disk-1.raw,format=raw,cache=writethrough,size=32G
`,
    usual: ['cores'],
  },
  'a VM that boots by letters': {
    kind: 'vm',
    text: machine('ide2: none,media=cdrom').replace('boot: order=scsi0', 'boot: cdn\nbootdisk: scsi0'),
  },
  'a VM with a network card without a bridge': {
    kind: 'vm',
    text: machine('net0: virtio=BC:24:11:00:00:02', 'net2: e1000=BC:24:11:00:00:03,bridge=vmbr1,link_down=1,queues=4'),
    left: ['net0'],
  },
  'a VM with cloud-init by files': {
    kind: 'vm',
    text: machine(
      'cicustom: user=local:snippets/user.yaml,network=local:snippets/net.yaml',
      'citype: nocloud',
      'ciupgrade: 0',
      'ide0: rpool:vm-4001-cloudinit,media=cdrom,size=4M',
      'ipconfig0: ip=10.0.0.77/24,gw=10.0.0.1',
      'net0: virtio=BC:24:11:00:00:04,bridge=vmbr0',
      'serial0: socket',
      'vga: serial0',
    ),
    usual: ['ide0'],
  },
  'a VM with a password of cloud-init': {
    kind: 'vm',
    text: machine(
      'cipassword: $5$abcdefgh$0123456789abcdefghijklmnopqrstuvwxyzABCDEFG',
      'ciuser: kim',
      'ide2: rpool:vm-4001-cloudinit,media=cdrom,size=4M',
      'net0: virtio=BC:24:11:00:00:05,bridge=vmbr0',
      'sshkeys: ssh-ed25519%20AAAAC3NzaC1lZDI1NTE5AAAAIGq6ZpKQkQqBo1qZ8g0w2T2bX2c5f6VnJ5s1YB1xQ2aB%20kim%40laptop%0A',
    ),
    left: ['cipassword'],
    usual: ['ide2'],
  },
  'a VM with a GPU and its sound': {
    kind: 'vm',
    text: machine(
      'audio0: device=ich9-intel-hda,driver=none',
      'bios: ovmf',
      'cpu: host,hidden=1,flags=+pcid;-spec-ctrl',
      'efidisk0: rpool:vm-4001-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M',
      'hostpci0: 0000:01:00,pcie=1,x-vga=1,romfile=gpu.rom',
      'hostpci1: 0000:00:1f.3',
      'machine: pc-q35-9.0',
      'tpmstate0: rpool:vm-4001-disk-2,size=4M,version=v2.0',
      'usb0: host=046d:c52b',
      'usb1: host=1-1.2,usb3=1',
      'usb2: spice,usb3=1',
      'vga: none',
    ),
  },
  'a VM with many numbers': {
    kind: 'vm',
    text: machine(
      'affinity: 0-3,8',
      'cpulimit: 1.5',
      'cpuunits: 2048',
      'hotplug: disk,network,usb,cpu',
      'hugepages: 1024',
      'keephugepages: 1',
      'numa: 1',
      'numa0: cpus=0-1,hostnodes=0,memory=1024,policy=bind',
      'numa1: cpus=2-3,hostnodes=1,memory=1024,policy=bind',
      'sockets: 2',
      'vcpus: 2',
    ),
  },
  'a VM with rare devices': {
    kind: 'vm',
    text: machine(
      'ivshmem: size=32,name=looking-glass',
      'keyboard: de',
      'localtime: 1',
      'parallel0: /dev/parport0',
      'rng0: source=/dev/urandom,max_bytes=1024,period=1000',
      'serial0: /dev/ttyUSB0',
      'serial2: socket',
      'spice_enhancements: foldersharing=1,videostreaming=filter',
      'startdate: 2006-06-17T16:01:21',
      'tablet: 0',
      'tdf: 1',
      'virtiofs0: share,cache=always,direct-io=1',
      'watchdog: model=i6300esb,action=reset',
    ),
  },
  'a VM with disks on every kind of storage': {
    kind: 'vm',
    text: machine(
      'ide1: local:4001/base.vmdk,size=1G,rerror=report,werror=enospc',
      'sata0: local:4001/vm-4001-disk-3.qcow2,size=1T,detect_zeroes=0,snapshot=1',
      'scsi5: rpool:base-900-disk-0/vm-4001-disk-4,iothread=1,mbps_rd=100.5,iops_wr=400,iops_wr_max=500,iops_wr_max_length=10,size=100G',
      'scsi6: iscsi:0.0.1.scsi-36001405,shared=1,size=500G',
      'virtio0: rpool:vm-4001-disk-5,cache=none,aio=native,size=1536M',
    ),
    // A new version of a machine would not start with snapshot=1.
    left: ['disks.options.snapshot'],
  },
  'a VM with a CD by its path': {
    kind: 'vm',
    text: machine('ide2: cdrom,media=cdrom', 'ide0: /root/tools.iso,media=cdrom'),
    left: ['ide0'],
  },
  'a VM with notes in the manner of other programs': {
    kind: 'vm',
    text: `#<div align='center'><h2>Docker VM</h2>%0A<img src='https%3A//x'/></div>\n#line two %C3%BC\n${machine('tags: community-script;docker;Debian 12')}`,
  },
  'a VM with very long notes': { kind: 'vm', text: `#${'word '.repeat(300)}\n${machine()}`, left: ['notes'] },
  'a VM with a change that waits': {
    kind: 'vm',
    text: `${machine('balloon: 1024')}\n[PENDING]\ncores: 4\ndelete: balloon\n`,
    left: ['cores', 'balloon'],
    usual: ['cores', 'balloon'],
  },
  'a VM with snapshots': {
    kind: 'vm',
    text: `${machine('parent: before')}\n[before]\n#notes\ncores: 1\nmemory: 1024\nname: odd\nscsi0: rpool:vm-4001-disk-0,size=8G\nsnaptime: 1700000000\nvmstate: rpool:vm-4001-state-before\n`,
  },
  'a VM with words that this version does not know': {
    kind: 'vm',
    text: machine('futureoption: 1', 'ballooning: x'),
    left: ['futureoption', 'ballooning'],
  },
  'a VM that is a template': { kind: 'vm', text: machine('template: 1').replace('vm-4001', 'base-4001') },
  'a VM whose agent is told more': {
    kind: 'vm',
    text: machine('agent: enabled=1,fstrim_cloned_disks=1,type=virtio,freeze-fs-on-backup=0'),
  },
  'a VM under SEV': { kind: 'vm', text: machine('amd-sev: type=std,no-debug=1', 'machine: q35', 'bios: ovmf') },
  'a VM with a name of one letter and no memory': {
    kind: 'vm',
    text: 'name: x\nscsi0: rpool:vm-4001-disk-0,size=8G\n',
  },
  'a container with a disk of the host': {
    kind: 'lxc',
    text: container(
      'mp0: /dev/disk/by-id/ata-WDC_WD40-part1,mp=/srv/data,backup=0,mountoptions=noatime;discard',
      'mp1: /dev/zvol/tank/db,mp=/var/lib/db,quota=1,ro=1,size=20G',
    ),
  },
  'a container with a disk by its changing name': {
    kind: 'lxc',
    text: container('mp0: /dev/sdb1,mp=/srv/data,backup=1,mountoptions=noatime', 'mp3: /srv/x,mp=/x'),
    left: ['mp0'],
  },
  'a container with volumes of every kind': {
    kind: 'lxc',
    text: container(
      'mp0: rpool:subvol-4001-disk-1,mp=/data,size=100G,backup=1',
      'mp1: local:4001/vm-4001-disk-0.raw,mp=/file,size=512M,mountoptions=noatime',
      'mp2: /tank/media,mp=/media,ro=1,shared=1,replicate=0',
      'mp10: rpool:subvol-900-disk-7,mp=/shared data,size=8G',
    ),
  },
  'a container whose volume has no size': {
    kind: 'lxc',
    text: container('mp0: rpool:subvol-4001-disk-1,mp=/data'),
    left: ['mp0'],
  },
  'a container of another architecture': {
    kind: 'lxc',
    text: container().replace('arch: amd64', 'arch: i386'),
  },
  'a container that is detached, locked and a template': {
    kind: 'lxc',
    text: container('lock: snapshot', 'template: 1', 'unused3: rpool:subvol-4001-disk-9'),
    left: ['lock', 'unused3'],
  },
  'a container with raw lines': {
    kind: 'lxc',
    text: container(
      'unprivileged: 1',
      'lxc.apparmor.profile: unconfined',
      'lxc.cap.drop:',
      'lxc.cgroup2.devices.allow: c 10:200 rwm',
      'lxc.cgroup2.devices.allow = c 226:128 rwm',
      'lxc.idmap: u 0 100000 1000',
      'lxc.idmap: u 1000 1000 1',
      'lxc.idmap: u 1001 101001 64535',
      'lxc.mount.entry: /dev/net/tun dev/net/tun none bind,create=file',
      'lxc.mount.auto: cgroup:rw',
    ),
  },
  'a container of OCI': {
    kind: 'lxc',
    text: container(
      'entrypoint: /init --x "a b"',
      'lxc.environment.runtime: PATH=/usr/bin',
      'lxc.environment.runtime: DB_PASSWORD=hunter2',
      'unprivileged: 1',
    ).replace('ostype: debian', 'ostype: unmanaged'),
    left: ['template', 'env'],
  },
  'a container with features and devices': {
    kind: 'lxc',
    text: container(
      'cmode: shell',
      'console: 0',
      'cpulimit: 0.5',
      'cpuunits: 100',
      'debug: 1',
      'dev0: /dev/ttyUSB0,gid=20,mode=0660',
      'dev3: /dev/serial/by-id/usb-x-if00,uid=1000,deny-write=1',
      'features: fuse=1,keyctl=1,mount=nfs;cifs,nesting=1,mknod=0,force_rw_sys=1',
      'hookscript: local:snippets/hook.pl',
      'onboot: 1',
      'protection: 1',
      'startup: order=2,up=30,down=60',
      'timezone: host',
      'tty: 6',
    ),
    usual: ['cpuunits'],
  },
  'a container with networks of its own': {
    kind: 'lxc',
    text: container(
      'nameserver: 10.0.0.2 fd00::2',
      'net1: name=wan,bridge=vmbr1,hwaddr=52:54:00:12:34:56,ip=10.9.0.5/24,ip6=auto,tag=20,rate=12.5,mtu=1400,type=veth,firewall=1',
      'net7: name=lan7,bridge=vmbr1,hwaddr=BC:24:11:00:00:07,ip6=fd00::9/64,gw6=fd00::1,link_down=1,type=veth,trunks=5;6',
      'searchdomain: home.example',
    ),
  },
  'a container without a network, swap or memory': {
    kind: 'lxc',
    text: 'arch: amd64\nhostname: alone\nostype: alpine\nrootfs: local:4001/vm-4001-disk-0.raw,size=512M\nswap: 0\n',
    left: ['template'],
  },
  'a container with an old root disk': {
    kind: 'lxc',
    text: container('lxc.environment: LANG=de', 'lxc.environment: API_TOKEN=s3cret-token').replace(
      ROOT,
      'rootfs: volume=rpool:subvol-4001-disk-0,acl=1,quota=0,replicate=0,ro=1,shared=1,size=8192M,mountoptions=noatime',
    ),
    left: ['lxc.environment'],
  },
  'a container with a snapshot and a change that waits': {
    kind: 'lxc',
    text: `${container('cores: 2', 'parent: s1')}\n[pve:pending]\ncores: 4\n\n[s1]\narch: amd64\nhostname: odd\nmemory: 256\nrootfs: rpool:subvol-4001-disk-0,size=8G\nsnaptime: 1700000000\nswap: 512\n`,
    left: ['cores'],
    usual: ['cores'],
  },
  'a Windows with the ISO of its drivers': {
    kind: 'vm',
    text: machine(
      'agent: 1,type=virtio',
      'balloon: 0',
      'bios: ovmf',
      'cpu: host,flags=+hv-tlbflush;+hv-evmcs',
      'efidisk0: rpool:vm-4001-disk-1,efitype=4m,ms-cert=2023,pre-enrolled-keys=1,size=4M',
      'ide0: local:iso/virtio-win-0.1.271.iso,media=cdrom,size=709474K',
      'ide2: local:iso/Win11_24H2_English_x64.iso,media=cdrom,size=5683090K',
      'localtime: 1',
      'machine: pc-q35-10.0+pve1',
      'net0: virtio=BC:24:11:00:00:06,bridge=vmbr0,firewall=1',
      'ostype: win11',
      'scsi1: rpool:vm-4001-disk-3,aio=threads,backup=0,cache=writeback,discard=on,iothread=1,serial=DATA01,size=200G,ssd=1,wwn=0x5000c500a0b1c2d3',
      'scsihw: virtio-scsi-single',
      'tpmstate0: rpool:vm-4001-disk-2,size=4M,version=v2.0',
      'vga: virtio,memory=128,clipboard=vnc',
    ),
  },
  'a VM with parts of a GPU': {
    kind: 'vm',
    text: machine(
      'hookscript: local:snippets/vgpu.pl',
      'hostpci0: 0000:41:00.4,mdev=nvidia-259,pcie=1',
      'hostpci1: mapping=vgpus,mdev=nvidia-63,device-id=0x1e30,vendor-id=0x10de',
      'hostpci2: 0000:65:00.0;0000:65:00.1,rombar=0,legacy-igd=0',
      'machine: q35,viommu=intel',
    ),
  },
  'a NAS with its controller and disks': {
    kind: 'vm',
    text: machine(
      'cpu: host',
      'hostpci0: 0000:03:00.0,rombar=0',
      'onboot: 1',
      'scsi1: /dev/disk/by-id/wwn-0x5000c500a0b1c2d3,backup=0,replicate=0,serial=ZA1,size=3907018584K,werror=report,rerror=report',
      'scsi2: /dev/disk/by-id/ata-ST4000_ZDH-part2,iothread=1,product=disk 2,vendor=SEAGATE,scsiblock=1,size=100G',
      'startup: order=1,up=180',
    ),
  },
  'a VM with a tree of snapshots and their memory': {
    kind: 'vm',
    text: `${machine('parent: second')}
[first]
#with %3A signs
boot: order=scsi0
cores: 1
memory: 1024
scsi0: rpool:vm-4001-disk-0,size=4G
snaptime: 1700000000
vmstate: rpool:vm-4001-state-first

[second]
cores: 2
memory: 2048
parent: first
runningcpu: kvm64,enforce,+kvm_pv_eoi
runningmachine: pc-i440fx-9.2+pve1
scsi0: rpool:vm-4001-disk-0,size=8G
scsi3: rpool:vm-4001-disk-7,size=1G
snaptime: 1700000100
vmstate: rpool:vm-4001-state-second
`,
  },
  'a firewall with many network cards': {
    kind: 'vm',
    text: machine(
      'net0: virtio=BC:24:11:00:00:10,bridge=vmbr0,queues=4',
      'net1: virtio=BC:24:11:00:00:11,bridge=vmbr1,firewall=0,tag=10,trunks=20;30',
      'net2: vmxnet3=BC:24:11:00:00:12,bridge=vmbr1,mtu=1,rate=12.5',
      'net9: e1000e=BC:24:11:00:00:19,bridge=vmbr1,link_down=1',
      'net31: rtl8139=BC:24:11:00:00:31,bridge=vmbr0',
      'serial0: socket',
      'vga: serial0',
    ),
  },
  'a home automation with its radio': {
    kind: 'vm',
    text: machine(
      'agent: 1',
      'bios: ovmf',
      'efidisk0: local:4001/vm-4001-disk-0.raw,efitype=4m,size=528K',
      'localtime: 1',
      'ostype: l26',
      'tablet: 0',
      'tags: homeassistant;proxmox-helper-scripts',
      'usb0: mapping=zigbee,usb3=0',
      'usb4: host=10c4:ea60',
    ),
  },
  'a VM of the first versions': {
    kind: 'vm',
    text: `boot: c
bootdisk: ide0
cpuunits: 1000
freeze: 0
ide0: local:4001/vm-4001-disk-1.qcow2,format=qcow2,size=20G
ide3: none,media=cdrom
kvm: 1
localtime: 0
memory: 512
migrate_downtime: 0.1
migrate_speed: 0
name: first
net0: ne2k_pci=32:1A:9C:00:00:08,bridge=vmbr0
onboot: 0
ostype: wxp
scsihw: lsi53c810
sockets: 1
vga: cirrus
`,
    usual: ['memory', 'onboot', 'sockets'],
  },
  'a linked clone on a storage of another node': {
    kind: 'vm',
    text: machine(
      'scsi4: ceph:base-900-disk-0/vm-4001-disk-9,discard=on,size=10G',
      'virtio15: iscsi:0.0.2.scsi-3600,media=disk,size=4G',
    ),
  },
  'a VM at the last place of every bus': {
    kind: 'vm',
    text: machine(
      'ide3: rpool:vm-4001-disk-1,model=QEMU%20HARDDISK,size=1G',
      'sata5: rpool:vm-4001-disk-2,size=1G,wwn=0x5000000000000001',
      'scsi30: rpool:vm-4001-disk-3,queues=8,size=1G',
      'unused9: rpool:vm-4001-disk-9',
      'virtio15: rpool:vm-4001-disk-4,detect_zeroes=0,size=1G',
    ),
    left: ['unused9'],
  },
  'a VM with limits of every sort': {
    kind: 'vm',
    text: machine(
      'scsi1: rpool:vm-4001-disk-1,iops=1000,iops_max=2000,iops_max_length=60,mbps=100,mbps_max=200.5,bps_max_length=10,size=8G',
      'scsi2: rpool:vm-4001-disk-2,bps_rd_length=5,iops_wr_length=6,iops_wr=10,iops_wr_max=11,mbps_rd=1.555,mbps_rd_max=2,size=8G',
      'scsi3: rpool:vm-4001-disk-3,iops_rd=0,size=8G',
    ),
  },
  'a VM with CDs that are used in their own way': {
    kind: 'vm',
    text: machine(
      'ide2: local:iso/installer.iso,media=cdrom,aio=threads,backup=0,cache=unsafe,size=600M',
      'sata1: none,media=cdrom,werror=stop',
      'scsi5: cdrom,media=cdrom',
    ),
  },
  'a VM under TDX': {
    kind: 'vm',
    text: machine('intel-tdx: type=tdx,attestation=0', 'bios: ovmf', 'machine: q35', 'cpu: host'),
  },
  'a VM with addresses of cards that it has not': {
    kind: 'vm',
    text: machine(
      'ide2: rpool:vm-4001-cloudinit,media=cdrom,size=4M',
      'ipconfig0: ip=dhcp',
      'ipconfig3: ip=10.0.3.1/24',
      'net0: virtio=BC:24:11:00:00:21,bridge=vmbr0',
    ),
    usual: ['ide2', 'ipconfig0'],
  },
  'a template of cloud-init': {
    kind: 'vm',
    text: machine(
      'agent: enabled=1',
      'ciuser: debian',
      'ide2: rpool:vm-4001-cloudinit,media=cdrom',
      'ipconfig0: ip=dhcp,ip6=auto',
      'net0: virtio=BC:24:11:00:00:22,bridge=vmbr0',
      'template: 1',
    ).replace('vm-4001-disk', 'base-4001-disk'),
    usual: ['ide2'],
  },
  'a container whose mounts have id maps': {
    kind: 'lxc',
    text: container(
      'features: nesting=1',
      'mp0: /tank/media,mp=/media,idmap=u:1000:1000:1;g:1000:1000:1',
      'mp1: rpool:subvol-4001-disk-1,mp=/var/lib/app,keepattrs=1,idmap=passthrough,size=4G',
      'mp255: /tank/last,mp=/last,acl=0,backup=0',
      'unprivileged: 1',
    ).replace(ROOT, `${ROOT},idmap=u:0:100000:1,ro=0`),
  },
  'an unprivileged container with every feature': {
    kind: 'lxc',
    text: container(
      'features: force_rw_sys=1,fuse=1,keyctl=1,mknod=1,mount=nfs;cifs;ext4,nesting=1',
      'unprivileged: 1',
    ),
  },
  'an old privileged container': {
    kind: 'lxc',
    text: `#from OpenVZ
cpulimit: 1
cpuunits: 1024
hostname: CT101.example.com
memory: 1024
net0: bridge=vmbr0,gw=10.0.0.1,hwaddr=4A:5B:6C:00:00:01,ip=10.0.0.9/24,name=eth0,type=veth
onboot: 1
ostype: centos
rootfs: local:4001/vm-4001-disk-1.raw,quota=1,size=8G
swap: 1024
lxc.aa_profile: unconfined
lxc.cgroup.devices.allow: c 10:200 rwm
lxc.mount.entry: /dev/net dev/net none bind,create=dir 0 0
`,
    left: ['template', 'lxc_options'],
  },
  'a container with raw lines of every kind': {
    kind: 'lxc',
    text: container(
      'unprivileged: 1',
      'lxc.apparmor.allow_nesting: 1',
      'lxc.apparmor.raw: deny mount,',
      'lxc.cgroup2.memory.high: 1G',
      'lxc.hook.pre-start: /usr/local/bin/before',
      'lxc.prlimit.nofile: 65536',
      'lxc.proc.oom_score_adj: -100',
      'lxc.seccomp.profile: /usr/share/lxc/config/common.seccomp',
      'lxc.sysctl.net.ipv4.ip_forward: 1',
      'lxc.tty.max: 2',
      'lxc.start.delay: 5',
    ),
    // Proxmox drops both with its next write.
    left: ['lxc_options', 'lxc_options'],
  },
  'a Docker host in a container': {
    kind: 'lxc',
    text: container(
      'dev0: /dev/kvm,gid=104',
      'dev1: path=/dev/net/tun,mode=0666',
      'features: keyctl=1,nesting=1',
      'lxc.apparmor.profile: unconfined',
      'lxc.cap.drop:',
      'lxc.cgroup2.devices.allow: a',
      'lxc.mount.auto: proc:rw sys:rw',
      'lxc.mount.entry: /dev/dri dev/dri none bind,optional,create=dir',
      'unprivileged: 0',
    ),
    usual: ['unprivileged'],
  },
  'a container of an application': {
    kind: 'lxc',
    text: container(
      'cmode: console',
      'entrypoint: /entrypoint.sh nginx -g "daemon off;"',
      'features: nesting=1',
      'lxc.environment.runtime: TZ=Europe/Vienna',
      'lxc.signal.halt: SIGTERM',
      'lxc.init.uid: 101',
      'unprivileged: 1',
    ).replace('ostype: debian', 'ostype: alpine'),
    left: ['template'],
  },
  'a linked clone of a container': {
    kind: 'lxc',
    text: container('mp0: volume=rpool:basevol-900-disk-1/subvol-4001-disk-1,mp=/data,backup=1,size=2G').replace(
      'rpool:subvol',
      'rpool:basevol-900-disk-0/subvol',
    ),
  },
  'a template of a container': {
    kind: 'lxc',
    text: container('template: 1', 'mp0: rpool:basevol-4001-disk-1,mp=/data,size=2G').replace(
      'subvol-4001',
      'basevol-4001',
    ),
  },
  'a container whose snapshot is being taken': {
    kind: 'lxc',
    text: `${container('lock: snapshot', 'parent: old')}
[new]
arch: amd64
hostname: odd
memory: 1024
parent: old
rootfs: rpool:subvol-4001-disk-0,size=8G
snapstate: prepare
snaptime: 1700000200
swap: 256

[old]
#notes of it
arch: amd64
hostname: odd
memory: 256
rootfs: rpool:subvol-4001-disk-0,size=4G
snaptime: 1700000000
swap: 0
`,
    left: ['lock'],
  },
  'a container with interfaces by hand': {
    kind: 'lxc',
    text: container(
      'net1: name=wg0,bridge=vmbr1,hwaddr=BC:24:11:00:00:41,ip=manual,ip6=dhcp,type=veth',
      'net2: name=lan0,hwaddr=BC:24:11:00:00:42,type=veth',
      'net3: name=dmz,bridge=vmbr1,firewall=0,hwaddr=BC:24:11:00:00:43,ip6=fd00::3/64,type=veth,host-managed=1',
    ),
    left: ['net2'],
  },
  'a container with notes in the old way': {
    kind: 'lxc',
    text: `description: by hand%0Asecond line %25\n${container('tags: a;b', 'timezone: Europe/Vienna', 'startup: down=60', 'protection: 0')}`,
    usual: ['protection'],
  },
  'a VM whose numbers a person wrote': {
    kind: 'vm',
    text: machine('cpulimit: 2.50', 'scsi1: rpool:vm-4001-disk-1,mbps_rd=100.50,size=8G', 'startup: order=03,up=010'),
  },
  'a container whose numbers a person wrote': {
    kind: 'lxc',
    text: container('cores: 02', 'dev0: /dev/ttyUSB0,gid=020'),
  },
  'a container with a device that has no path': {
    kind: 'lxc',
    text: container('dev0: gid=20'),
  },
};
