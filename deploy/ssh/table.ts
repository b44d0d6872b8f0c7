// The commands that the agent's key may start on a Proxmox host, one shape a line, and the only place where they are declared:
//   node deploy/ssh/table.ts > deploy/ssh/programs
// Tests compare it with what the managers really send. A new command is one line here; those of datacenter objects follow from their rows
// (object-commands.ts), and the options of guests from their settings (setting-words.ts).

import { ROWS } from '../../src/managers/datacenter/rows.ts';
import { PASSWORDS_FILE } from '../../src/proxmox/access.ts';
import { APT_HANDLES } from '../../src/proxmox/files/apt-standard.ts';
import { fabricNodeCommands, objectCommands, subnetCommands } from './object-commands.ts';
import { settingOptions } from './setting-words.ts';
import { CLASSES } from './word-classes.ts';

const GUEST_SETTINGS =
  '--nameserver {addresses} | --searchdomain {domains} | --tags {tags} | --net{number} {props} | --description {notes}';
const LXC_SETTINGS = `${settingOptions('lxc')} | ${GUEST_SETTINGS} | --hostname {name} | --features {props} | --mp{number} {mount} | --dev{number} {handed} | --{lxcoption} {plain}`;
const VM_SETTINGS = `${settingOptions('vm')} | ${GUEST_SETTINGS} | --name {name} | --agent {props} | --ipconfig{number} {props} | --ciuser {login} | --sshkeys /var/lib/phoenix/sshkeys/{vmid}.pub | --{bus} {drive} | --{bus} {copied} | --tpmstate0 {firmwaredrive} | --efidisk0 {firmwaredrive} | --hostpci{number} {pci} | --{vmoption} {plain}`;
const UNIT = '( dnsmasq.service | nfs-server.service | pve-firewall.service | smbd.service )';

const MATCHES =
  '--macro {name} | --source {matched} | --dest {matched} | --proto {matched} | --sport {matched} | --dport {matched} | --icmp-type {matched} | --log {name} | --enable {flag} | --comment {text}';
const RULE = `--type ( in | out | forward ) | --action ( ACCEPT | DROP | REJECT ) | ${MATCHES}`;
/** A rule of a vnet may stand for a security group, by its name. */
const VNET_RULE = `--type ( forward | group ) | --action {name} | ${MATCHES}`;

/**
 * Words are separated by blanks; `( a | b )` is a choice, with `?`, `*` and `+` as in regular expressions. `<` is followed by the class of standard
 * input.
 */
const COMMANDS: readonly string[] = [
  // Guests. Commands inside a guest run as its root and are not checked.
  ...(['pct', 'qm'] as const).flatMap((program) => [
    `${program} status {vmid}`,
    `${program} start {vmid}`,
    `${program} template {vmid}`,
    `${program} shutdown {vmid} --forceStop 1 --timeout {number}`,
    `${program} destroy {vmid} --purge {flag} --destroy-unreferenced-disks 0`,
    `${program} snapshot {vmid} {snapshot}`,
    `${program} delsnapshot {vmid} {snapshot}`,
    `${program} rollback {vmid} {snapshot}`,
  ]),
  `pct set {vmid} ( ${LXC_SETTINGS} | --rootfs {rootvolume} | --delete {list} | --revert {list} )+`,
  `pct create {vmid} {template} --rootfs {rootdisk} --unprivileged {flag} ( --ostype {name} )? ( --ssh-public-keys /var/lib/phoenix/sshkeys/{vmid}.pub )? ( --password )? ( ${LXC_SETTINGS} )*`,
  'pct clone {vmid} {vmid} ( --snapname {snapshot} )? --full 1 --storage {storage} --hostname {name} --description {text}',
  'pct resize {vmid} ( rootfs | mp{number} ) {size}G',
  'pct exec {vmid} --keep-env 0 -- ( {any} )+',
  'lxc-wait -n {vmid} -s ( RUNNING | STOPPED ) -t {number}',
  'qm wait {vmid} --timeout {number}',
  'test -f /run/qemu-server/{vmid}.pid',
  `qm set {vmid} ( ${VM_SETTINGS} | --delete {list} | --revert {list} )+ ( --cipassword )?`,
  `qm create {vmid} ( ${VM_SETTINGS} | --ostype l26 | --scsihw virtio-scsi-pci | --serial0 socket | --vga serial0 | --ide2 {storage}:cloudinit | --boot order={buses} | --cicustom vendor=local:snippets/phoenix-guest-agent.yaml | --import-working-storage {storage} )+`,
  'qm clone {vmid} {vmid} ( --snapname {snapshot} )? --full 1 --storage {storage} --name {name} --description {text}',
  'qm disk resize {vmid} {bus} {size}G',
  // What the node reads of a guest's file.
  'pct config {vmid} --current 1',
  'qm pending {vmid}',
  'qm config {vmid} --snapshot {snapshot}',
  'qm guest cmd {vmid} ping',
  'qm guest exec {vmid} --timeout {number} ( --pass-stdin 1 )? -- ( {any} )+',
  'pvesh get /cluster/resources --type vm --output-format json',
  // A notification through Proxmox: a mail on standard input.
  '/usr/libexec/proxmox-mail-forward',
  // Checks of `phoenix doctor`.
  'pvesh get /version --output-format json',
  // Neither output contains a key.
  'pvesh get /cluster/acme/account --output-format json',
  'pvesh get /cluster/acme/account/{name} --output-format json',
  'sed {withoutdata} /etc/pve/priv/acme/plugins.cfg',
  `sed {withouthashes} ${PASSWORDS_FILE}`,
  'sed {withoutsdnsecrets} ( /etc/pve/sdn/ipams.cfg | /etc/pve/sdn/dns.cfg )',
  'pct list',
  'qm list',
  'pvesm status',
  'pvesh get /nodes/localhost/storage/{storage}/content --output-format json',
  'pvesh create /nodes/localhost/storage/{storage}/download-url --content ( iso | vztmpl | import ) --filename {file} --url {url} ( --checksum {checksum} )? ( --checksum-algorithm ( md5 | sha1 | sha224 | sha256 | sha384 | sha512 ) )? ( --compression ( gz | lzo | zst | bz2 ) )? ( --verify-certificates 0 )?',
  'pvesh create /nodes/localhost/storage/{storage}/oci-registry-pull --filename {file} --reference {ociimage}',
  'pvesh get /nodes/localhost/ceph/pool --output-format json',
  'pvesm free {storedfile}',
  'pveam update',
  'pveam available',
  'pveam download {storage} {file}',
  'pvesm list {storage}',
  'test -f ( {template} | {image} )',

  // Storage.
  'pvesm add zfspool {storage} --pool {dataset} --content {list}',
  'pvesm add dir {storage} --path {data} --is_mountpoint yes --content {list}',
  'pvesm set {storage} --content {list}',
  'pvesm remove {storage}',
  'zfs get -Hp -t filesystem -o name,property,value,source {columns}',
  'zfs create -p ( -o {setting} )* {dataset}',
  'zfs set ( {setting} )+ {dataset}',
  'zfs inherit {name} {dataset}',
  'zfs mount {dataset}',
  'tee /sys/module/zfs/parameters/zfs_arc_max < {number}',
  'update-initramfs -u -k all',

  // Objects of the datacenter.
  ...ROWS.filter(({ kind }) => !['subnet', 'fabricnode', 'download'].includes(kind)).flatMap(objectCommands),
  ...subnetCommands(),
  ...fabricNodeCommands(),
  'pvesh set /cluster/sdn',
  `pvesh create /cluster/firewall/groups/{name} ( ${RULE} )+`,
  `pvesh set /cluster/firewall/groups/{name}/{number} ( ${RULE} | --delete {words} | --moveto {number} )+ --digest {digestone}`,
  'pvesh delete /cluster/firewall/groups/{name}/{number} --digest {digestone}',
  'pvesh set /cluster/firewall/groups/{name}/{number} --moveto {number}',
  `pvesh create /cluster/sdn/vnets/{name}/firewall/rules ( ${VNET_RULE} )+`,
  `pvesh set /cluster/sdn/vnets/{name}/firewall/rules/{number} ( ${VNET_RULE} | --delete {words} | --moveto {number} )+ --digest {digestone}`,
  'pvesh delete /cluster/sdn/vnets/{name}/firewall/rules/{number} --digest {digestone}',
  'pvesh set /cluster/sdn/vnets/{name}/firewall/rules/{number} --moveto {number}',
  'pvesh create /cluster/firewall/ipset/{name} --cidr {cidr} ( --nomatch 1 )? ( --comment {text} )?',
  'pvesh set /cluster/firewall/ipset/{name}/{cidr} --nomatch {flag} ( --comment {text} )?',
  'pvesh delete /cluster/firewall/ipset/{name}/{cidr}',

  // Network, names, clock.
  'ip -j address show',
  'ifreload --syntax-check -a',
  'ifreload -a',
  'systemctl daemon-reload',
  'systemd-run --on-active=120 --unit=phoenix-network-revert --collect',
  'systemctl stop phoenix-network-revert.timer',
  'systemctl start phoenix-network-revert.service',
  'pve-firewall ( compile | localnet )',
  'printenv SSH_CONNECTION',
  'dnsmasq --test --conf-file=/var/lib/phoenix/dns/{step}',
  'hostname',
  'timedatectl show --property=Timezone --property=NTP',
  'timedatectl set-timezone {zone}',
  'timedatectl set-ntp true',

  // Package repositories: standard ones of Proxmox can be added, others enabled and disabled.
  `pvesh set /nodes/localhost/apt/repositories --handle ( ${APT_HANDLES.join(' | ')} ) ( --digest {digest} )?`,
  'pvesh create /nodes/localhost/apt/repositories --path {sourcesfile} --index {number} --enabled {flag} ( --digest {digest} )?',

  // Shares, services, certificates.
  'exportfs -i ( -o {exported} )? {client}:{data}',
  'exportfs -u {client}:{data}',
  'testparm -s /var/lib/phoenix/samba/{step}',
  'apt-get -y -q --no-install-recommends -o Dpkg::Lock::Timeout=300 install ( dnsmasq | nfs-kernel-server | pve-firewall | samba | sudo )',
  `systemctl show --property=Id,LoadState,ActiveState,UnitFileState ${UNIT}+`,
  `systemctl enable --now ${UNIT}`,
  `systemctl restart ${UNIT}`,
  'systemctl reload-or-restart smbd.service',
  'systemctl reload dnsmasq.service',
  'update-ca-certificates ( --fresh )?',
  'pvenode cert set /var/lib/phoenix/page/certificate.pem /var/lib/phoenix/page/key.pem --force 1 --restart 1',
  'pvenode cert delete 1',
  'pvenode acme cert ( order | renew ) ( --force 1 )?',
  'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /var/lib/phoenix/certificates/work/{step}.key',
  'openssl req -new -config /var/lib/phoenix/certificates/work/{step}.cnf -key /var/lib/phoenix/certificates/work/{step}.key -out /var/lib/phoenix/certificates/work/{step}.csr',

  // Accounts of people.
  'useradd --create-home --user-group --shell /bin/bash --comment Kept\\ by\\ Phoenix {account}',
  'usermod --comment Kept\\ by\\ Phoenix {account}',
  'chpasswd -e < {account}:{hash}',
  'visudo -c -f /var/lib/phoenix/users/sudoers',
  // Only in Proxmox's own realm: users of pam are accounts of the host.
  'pveum passwd {pveuser}@pve',
  'pveum user add {account}@pam --comment Kept\\ by\\ Phoenix',
  'pveum acl ( modify | delete ) / --users {account}@pam --roles Administrator',

  // File operations by Phoenix's own scripts, with the arguments after their marker, PATH and root.
  ':file {read}',
  ':folders ( {folder} )*',
  ':within {secret} ( {secrets} )+',
  ':inspect ( {read} | {made} | /etc/pve/priv/acme | /etc/pve/ceph.conf | /etc/pve/sdn/ipams.cfg | /etc/pve/sdn/dns.cfg )*',
  ':key {read}',
  ':write {written} {mode} {owner} {expected}',
  // Never an executable file.
  ':write /var/lib/vz/snippets/{file} 0644 {owner} {expected}',
  ':remove ( /var/lib/vz/snippets/{file} )+',
  // Secrets that Proxmox stores separately; they are written and never read.
  ':write /etc/pve/priv/realm/{name}.pw 0600 {owner} {expected}',
  ':write /etc/pve/priv/metricserver/{name}.pw 0600 {owner} {expected}',
  ':lines {shared} {mode} {number} ( root:{number}:{number} )+',
  ':folder {made} {owner} {mode}',
  ':place ( {read} {written} {mode} {owner} )+',
  ':remove ( {written} )+',
  ':connect {host} {number}',
  ':end {group}',
];

/** The content of `deploy/ssh/programs`, which the forced command reads. */
export function printTable(): string {
  const classes = Object.entries(CLASSES).map(([name, pattern]) => `let ${name} ${pattern}`);
  return `${['# node deploy/ssh/table.ts > deploy/ssh/programs', ...classes, ...COMMANDS].join('\n')}\n`;
}

if (import.meta.main) process.stdout.write(printTable());
