// Extracts src/proxmox/parameters/table.json from an API description of Proxmox VE (its own api_dump with property-string formats expanded): only the verbs and
// paths that the lab supports, only facts, no descriptions. What that description omits (parameters of command-line-only verbs, formats that it only
// names) is added here.
//
// Usage: node scripts/cut-proxmox-table.mjs API.json LISTS.json APIDATA.js (the second holds the firewall's macros, the third is
// api-viewer/apidata.js of pve-docs: of it come the paths that the first leaves out)
import { readFileSync, writeFileSync } from 'node:fs';

const source = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const lists = JSON.parse(readFileSync(process.argv[3] ?? '', 'utf8'));
const viewer = readFileSync(process.argv[4] ?? '', 'utf8');

const addPaths = ({ path, info = {}, children = [] }) => {
  source.paths[path] ??= Object.fromEntries(
    Object.entries(info).map(([method, { name, parameters }]) => [method, { name, params: parameters?.properties }]),
  );
  for (const child of children) addPaths(child);
};
for (const top of JSON.parse(viewer.slice(viewer.indexOf('['), viewer.indexOf('\n]\n') + 2))) addPaths(top);

const KEPT_VERBS = {
  pct: 'clone config create delsnapshot destroy exec list listsnapshot pending pull push reboot rescan resize rollback set shutdown snapshot start status stop template unlock move-volume move_volume migrate suspend resume fstrim mount unmount cpusets df fsck',
  qm: 'agent clone config create delsnapshot destroy disk guest cloudinit importdisk list listsnapshot move-disk move_disk pending reboot rescan reset resize resume rollback set showcmd shutdown snapshot start status stop suspend template unlink unlock wait migrate sendkey',
};
const KEPT_PATHS =
  /^\/(version|pools|pools\/\{poolid\}|access\/(users|acl|groups|roles)|access\/(groups|roles)\/\{\w+\}|access\/users\/\{userid\}|cluster\/backup|cluster\/backup\/\{id\}|cluster\/(firewall|nextid|resources|status|tasks).*|storage(\/.*)?|nodes|nodes\/\{node\}\/(aplinfo|subscription|startall|stopall|migrateall|wakeonlan|scan\/\w+|firewall.*|status|version|storage.*|network.*|tasks.*|lxc|lxc\/\{vmid\}|qemu|qemu\/\{vmid\}|(lxc|qemu)\/\{vmid\}\/(clone|migrate|sendkey|config|pending|resize|status.*|template|snapshot.*|firewall.*|interfaces|cloudinit.*|agent.*|unlink|move_disk|move_volume)))$/;
/** Datacenter objects, and settings of a node. */
const OBJECT_PATHS =
  /^\/(access\/(domains(\/\{\w+\})?|permissions|users\/\{userid\}\/token(\/\{tokenid\})?)|cluster\/(acme\/(account|plugins)(\/\{\w+\})?|ha\/(groups|resources|rules)(\/\{\w+\})?|ha\/resources\/\{sid\}\/(migrate|relocate)|ha\/status\/.*|backup-info\/not-backed-up|backup\/\{id\}\/included_volumes|jobs\/realm-sync(\/\{id\})?|mapping\/.*|metrics\/server(\/\{id\})?|notifications\/(endpoints\/.*|matchers(\/\{name\})?)|options|replication(\/\{id\})?|sdn|sdn\/(rollback|lock)|sdn\/(controllers|dns|ipams|vnets|zones)(\/\{\w+\})?|sdn\/fabrics\/(fabric(\/\{id\})?|node\/\{fabric_id\}(\/\{node_id\})?)|sdn\/vnets\/\{vnet\}\/(ips|subnets(\/\{subnet\})?|firewall(\/.*)?))|nodes\/\{node\}\/(apt\/repositories|ceph\/pool(\/\{name\})?|certificates\/(acme\/certificate|custom|info)|config|dns|hosts|time))$/;
const FACTS = [
  'type',
  'optional',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'requires',
  'alias',
  'keyAlias',
  'default_key',
  'default',
  'items',
];

const vmid = { type: 'integer', format: 'pve-vmid', minimum: 100, maximum: 999999999 };
const text = { type: 'string' };
const optionalText = { type: 'string', optional: 1 };
const optionalFlag = { type: 'boolean', optional: 1 };
const extraArguments = { type: 'array', items: { type: 'string' }, optional: 1 };
const storage = { type: 'string', format: 'pve-storage-id' };
const transfer = { user: optionalText, group: optionalText, perms: optionalText };
const series = (name, count) => Array.from({ length: count }, (_, index) => `${name}${index}`);
const drives = [
  ...series('ide', 4),
  ...series('scsi', 31),
  ...series('virtio', 16),
  ...series('sata', 6),
  'efidisk0',
  'tpmstate0',
];

/** Parameters of verbs that exist only on the command line. */
const COMMAND_LINE_ONLY = {
  'pct exec': { vmid, 'keep-env': optionalFlag, 'extra-args': extraArguments },
  'pct pull': { vmid, path: text, destination: text, ...transfer },
  'pct fstrim': { vmid, 'ignore-mountpoints': optionalFlag },
  'pct mount': { vmid },
  'pct unmount': { vmid },
  'pct cpusets': {},
  'pct df': { vmid },
  'pct fsck': { vmid, device: optionalText, force: optionalFlag },
  'pct push': { vmid, file: text, destination: text, ...transfer },
  'pct rescan': { vmid: { ...vmid, optional: 1 }, dryrun: optionalFlag },
  'pct status': { vmid, verbose: optionalFlag },
  'pct unlock': { vmid },
  'qm disk import': {
    vmid,
    source: text,
    storage,
    format: { type: 'string', optional: 1, enum: ['raw', 'qcow2', 'vmdk'] },
    'target-disk': { type: 'string', optional: 1, enum: [...drives, ...series('unused', 256)] },
  },
  'qm disk rescan': { vmid: { ...vmid, optional: 1 }, dryrun: optionalFlag },
  'qm guest exec': {
    vmid,
    synchronous: optionalFlag,
    timeout: { type: 'integer', optional: 1, minimum: 0 },
    'pass-stdin': optionalFlag,
    'extra-args': extraArguments,
  },
  'qm showcmd': {
    vmid,
    pretty: optionalFlag,
    snapshot: { type: 'string', optional: 1, format: 'pve-configid', maxLength: 40 },
  },
  'qm status': { vmid, verbose: optionalFlag },
  'qm unlock': { vmid },
  'qm wait': { vmid, timeout: { type: 'integer', optional: 1, minimum: 1 } },
  'pveum passwd': { userid: { type: 'string', format: 'pve-userid', maxLength: 64 } },
  'pvesm path': { volume: { type: 'string', format: 'pve-volume-id' } },
  'pvesm apiinfo': {},
  'pvesm extractconfig': { volume: text },
  'pvesm prune-backups': {
    storage,
    vmid: { ...vmid, optional: 1 },
    type: { type: 'string', optional: 1, enum: ['qemu', 'lxc'] },
    'dry-run': optionalFlag,
    'keep-all': optionalFlag,
    ...Object.fromEntries(
      ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'].map((span) => [
        `keep-${span}`,
        { type: 'integer', optional: 1, minimum: 0 },
      ]),
    ),
  },
  'ha-manager status': { verbose: optionalFlag },
  'ha-manager crm-command stop': {
    sid: { type: 'string', format: 'pve-ha-resource-or-vm-id' },
    timeout: { type: 'integer', minimum: 0 },
  },
  'ha-manager crm-command node-maintenance enable': { node: { type: 'string', format: 'pve-node' } },
  'ha-manager crm-command node-maintenance disable': { node: { type: 'string', format: 'pve-node' } },
  'pvenode acme account register': {
    name: { type: 'string', optional: 1, format: 'pve-configid' },
    contact: { type: 'string', format: 'email-list' },
    directory: { type: 'string', optional: 1, pattern: '^https?://.*' },
  },
  'pvesubscription set-offline-key': { data: text },
  'pveam update': {},
  'pveam available': { section: { type: 'string', optional: 1, enum: ['system', 'mail', 'turnkeylinux'] } },
  'pveam list': { storage },
  'pveam remove': { template_path: { type: 'string', maxLength: 255 } },
};

/** Verbs of the programs that the description does not list: positional arguments, method (else above), parameters that the verb gives itself, and
 * whether it takes the options for the form of its output. */
const MORE_VERBS = {
  'pvesm add': [['type', 'storage'], 'POST /storage'],
  'pvesm set': [['storage'], 'PUT /storage/{storage}'],
  'pvesm remove': [['storage'], 'DELETE /storage/{storage}'],
  'pvesm status': [[], 'GET /nodes/{node}/storage', ['node']],
  'pvesm list': [['storage'], 'GET /nodes/{node}/storage/{storage}/content', ['node']],
  'pvesm alloc': [['storage', 'vmid', 'filename', 'size'], 'POST /nodes/{node}/storage/{storage}/content', ['node']],
  'pvesm free': [['volume'], 'DELETE /nodes/{node}/storage/{storage}/content/{volume}', ['node']],
  'pvesm path': [['volume']],
  'pvesm apiinfo': [[]],
  'pvesm extractconfig': [['volume']],
  'pvesm prune-backups': [['storage']],
  'pvesm scan nfs': [['server'], 'GET /nodes/{node}/scan/nfs', ['node']],
  'pvesm scan cifs': [['server'], 'GET /nodes/{node}/scan/cifs', ['node']],
  'pvesm scan iscsi': [['portal'], 'GET /nodes/{node}/scan/iscsi', ['node']],
  'pvesm scan lvm': [[], 'GET /nodes/{node}/scan/lvm', ['node']],
  'pvesm scan lvmthin': [['vg'], 'GET /nodes/{node}/scan/lvmthin', ['node']],
  'pvesm scan pbs': [['server', 'username'], 'GET /nodes/{node}/scan/pbs', ['node'], true],
  'pvesm scan zfs': [[], 'GET /nodes/{node}/scan/zfs', ['node']],
  'pveum user add': [['userid'], 'POST /access/users'],
  'pveum user modify': [['userid'], 'PUT /access/users/{userid}'],
  'pveum user delete': [['userid'], 'DELETE /access/users/{userid}'],
  'pveum user list': [[], 'GET /access/users', [], true],
  'pveum user permissions': [['userid'], 'GET /access/permissions', [], true],
  'pveum user token add': [['userid', 'tokenid'], 'POST /access/users/{userid}/token/{tokenid}', [], true],
  'pveum user token modify': [['userid', 'tokenid'], 'PUT /access/users/{userid}/token/{tokenid}', [], true],
  'pveum user token delete': [['userid', 'tokenid'], 'DELETE /access/users/{userid}/token/{tokenid}', [], true],
  'pveum user token list': [['userid'], 'GET /access/users/{userid}/token', [], true],
  'pveum group add': [['groupid'], 'POST /access/groups'],
  'pveum group modify': [['groupid'], 'PUT /access/groups/{groupid}'],
  'pveum group delete': [['groupid'], 'DELETE /access/groups/{groupid}'],
  'pveum group list': [[], 'GET /access/groups', [], true],
  'pveum role add': [['roleid'], 'POST /access/roles'],
  'pveum role modify': [['roleid'], 'PUT /access/roles/{roleid}'],
  'pveum role delete': [['roleid'], 'DELETE /access/roles/{roleid}'],
  'pveum role list': [[], 'GET /access/roles', [], true],
  'pveum acl modify': [['path'], 'PUT /access/acl', ['delete']],
  'pveum acl delete': [['path'], 'PUT /access/acl', ['delete']],
  'pveum acl list': [[], 'GET /access/acl', [], true],
  'pveum realm add': [['realm'], 'POST /access/domains'],
  'pveum realm modify': [['realm'], 'PUT /access/domains/{realm}'],
  'pveum realm delete': [['realm'], 'DELETE /access/domains/{realm}'],
  'pveum realm list': [[], 'GET /access/domains', [], true],
  'pveum pool add': [['poolid'], 'POST /pools'],
  'pveum pool modify': [['poolid'], 'PUT /pools'],
  'pveum pool delete': [['poolid'], 'DELETE /pools'],
  'pveum pool list': [[], 'GET /pools', [], true],
  'pveum passwd': [['userid']],
  'ha-manager status': [[]],
  'ha-manager config': [[], 'GET /cluster/ha/resources'],
  'ha-manager add': [['sid'], 'POST /cluster/ha/resources'],
  'ha-manager set': [['sid'], 'PUT /cluster/ha/resources/{sid}'],
  'ha-manager remove': [['sid'], 'DELETE /cluster/ha/resources/{sid}'],
  'ha-manager groupconfig': [[], 'GET /cluster/ha/groups'],
  'ha-manager groupadd': [['group'], 'POST /cluster/ha/groups'],
  'ha-manager groupset': [['group'], 'PUT /cluster/ha/groups/{group}'],
  'ha-manager groupremove': [['group'], 'DELETE /cluster/ha/groups/{group}'],
  'ha-manager rules list': [[], 'GET /cluster/ha/rules', [], true],
  'ha-manager rules config': [[], 'GET /cluster/ha/rules', [], true],
  'ha-manager rules add': [['type', 'rule'], 'POST /cluster/ha/rules'],
  'ha-manager rules set': [['type', 'rule'], 'PUT /cluster/ha/rules/{rule}'],
  'ha-manager rules remove': [['rule'], 'DELETE /cluster/ha/rules/{rule}'],
  'ha-manager crm-command migrate': [['sid', 'node'], 'POST /cluster/ha/resources/{sid}/migrate'],
  'ha-manager crm-command relocate': [['sid', 'node'], 'POST /cluster/ha/resources/{sid}/relocate'],
  'ha-manager crm-command stop': [['sid', 'timeout']],
  'ha-manager crm-command node-maintenance enable': [['node']],
  'ha-manager crm-command node-maintenance disable': [['node']],
  'pvenode config get': [[], 'GET /nodes/{node}/config', ['node']],
  'pvenode config set': [[], 'PUT /nodes/{node}/config', ['node']],
  'pvenode startall': [[], 'POST /nodes/{node}/startall', ['node']],
  'pvenode stopall': [[], 'POST /nodes/{node}/stopall', ['node']],
  'pvenode migrateall': [['target'], 'POST /nodes/{node}/migrateall', ['node']],
  'pvenode wakeonlan': [['node'], 'POST /nodes/{node}/wakeonlan'],
  'pvenode cert info': [[], 'GET /nodes/{node}/certificates/info', ['node'], true],
  'pvenode cert set': [['certificates', 'key'], 'POST /nodes/{node}/certificates/custom', ['node'], true],
  'pvenode cert delete': [['restart'], 'DELETE /nodes/{node}/certificates/custom', ['node']],
  'pvenode task list': [[], 'GET /nodes/{node}/tasks', ['node'], true],
  'pvenode task status': [['upid'], 'GET /nodes/{node}/tasks/{upid}/status', ['node'], true],
  'pvenode task log': [['upid'], 'GET /nodes/{node}/tasks/{upid}/log', ['node', 'limit']],
  'pvenode acme account list': [[], 'GET /cluster/acme/account'],
  'pvenode acme account register': [['name', 'contact']],
  'pvenode acme account deactivate': [['name'], 'DELETE /cluster/acme/account/{name}'],
  'pvenode acme account info': [['name'], 'GET /cluster/acme/account/{name}', [], true],
  'pvenode acme account update': [['name'], 'PUT /cluster/acme/account/{name}'],
  'pvenode acme cert order': [[], 'POST /nodes/{node}/certificates/acme/certificate', ['node']],
  'pvenode acme cert renew': [[], 'PUT /nodes/{node}/certificates/acme/certificate', ['node']],
  'pvenode acme cert revoke': [[], 'DELETE /nodes/{node}/certificates/acme/certificate', ['node']],
  'pvenode acme plugin list': [[], 'GET /cluster/acme/plugins', [], true],
  'pvenode acme plugin config': [['id'], 'GET /cluster/acme/plugins/{id}', [], true],
  'pvenode acme plugin add': [['type', 'id'], 'POST /cluster/acme/plugins'],
  'pvenode acme plugin set': [['id'], 'PUT /cluster/acme/plugins/{id}'],
  'pvenode acme plugin remove': [['id'], 'DELETE /cluster/acme/plugins/{id}'],
  'pvesubscription get': [[], 'GET /nodes/{node}/subscription', ['node']],
  'pvesubscription set': [['key'], 'PUT /nodes/{node}/subscription', ['node']],
  'pvesubscription update': [[], 'POST /nodes/{node}/subscription', ['node']],
  'pvesubscription delete': [[], 'DELETE /nodes/{node}/subscription', ['node']],
  'pvesubscription set-offline-key': [['data']],
  'pveam update': [[]],
  'pveam available': [[]],
  'pveam list': [['storage']],
  'pveam remove': [['template_path']],
  'pveam download': [['storage', 'template'], 'POST /nodes/{node}/aplinfo', ['node']],
};

/** Other names of verbs. */
const MORE_ALIASES = {
  'pveum user token remove': 'user token delete',
  'pveum useradd': 'user add',
  'pveum usermod': 'user modify',
  'pveum userdel': 'user delete',
  'pveum groupadd': 'group add',
  'pveum groupmod': 'group modify',
  'pveum groupdel': 'group delete',
  'pveum roleadd': 'role add',
  'pveum rolemod': 'role modify',
  'pveum roledel': 'role delete',
  'pveum aclmod': 'acl modify',
  'pveum acldel': 'acl delete',
  'pvesm nfsscan': 'scan nfs',
  'pvesm cifsscan': 'scan cifs',
  'pvesm iscsiscan': 'scan iscsi',
  'pvesm lvmscan': 'scan lvm',
  'pvesm lvmthinscan': 'scan lvmthin',
  'pvesm zfsscan': 'scan zfs',
  'ha-manager migrate': 'crm-command migrate',
  'ha-manager relocate': 'crm-command relocate',
};

const flag = { type: 'boolean', optional: 1 };
const one = (...values) => ({ type: 'string', optional: 1, enum: values });
const matching = (pattern) => ({ type: 'string', optional: 1, pattern });
const formatted = (format, more = {}) => ({ type: 'string', optional: 1, format, ...more });
const pciAddress = '(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\\.[a-f0-9])?';
const base64 = matching('[A-Za-z0-9+\\/]+={0,2}');
const pciId = matching('^0x[0-9a-fA-F]{4}$');
const CPU_MODELS =
  '486 pentium pentium2 pentium3 coreduo core2duo Conroe Penryn Nehalem Nehalem-IBRS Westmere Westmere-IBRS SandyBridge SandyBridge-IBRS IvyBridge IvyBridge-IBRS Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v4 Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS Skylake-Server-v4 Skylake-Server-v5 Cascadelake-Server Cascadelake-Server-v2 Cascadelake-Server-noTSX Cascadelake-Server-v4 Cascadelake-Server-v5 Cooperlake Cooperlake-v2 KnightsMill Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX Icelake-Server-v3 Icelake-Server-v4 Icelake-Server-v5 Icelake-Server-v6 Icelake-Server-v7 SapphireRapids SapphireRapids-v2 SapphireRapids-v3 SapphireRapids-v4 GraniteRapids GraniteRapids-v2 GraniteRapids-v3 SierraForest SierraForest-v2 SierraForest-v3 ClearwaterForest athlon phenom Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4 Opteron_G5 EPYC EPYC-IBPB EPYC-v3 EPYC-v4 EPYC-v5 EPYC-Rome EPYC-Rome-v2 EPYC-Rome-v3 EPYC-Rome-v4 EPYC-Rome-v5 EPYC-Milan EPYC-Milan-v2 EPYC-Milan-v3 EPYC-Genoa EPYC-Genoa-v2 EPYC-Turin kvm32 kvm64 qemu32 qemu64 max a64fx cortex-a35 cortex-a53 cortex-a55 cortex-a57 cortex-a710 cortex-a72 cortex-a76 neoverse-n1 neoverse-n2 neoverse-v1 host';
const byLowerCase = (a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);

/** Property-string formats that the description names without their properties. */
const NAMED_FORMATS = {
  'pve-qm-boot': { legacy: { ...matching('[acdn]{1,4}'), default_key: 1 }, order: formatted('pve-qm-bootdev-list') },
  'realm-sync-options': {
    scope: one('users', 'groups', 'both'),
    'remove-vanished': matching('(?:(?:(?:acl|properties|entry);)*(?:acl|properties|entry))|none'),
    'enable-new': flag,
    full: flag,
    purge: flag,
  },
  // pve-network, PVE/Network/SDN/SubnetPlugin.pm: of the type `ip`, which no check knows. The subnet's own check refuses what is no address.
  'pve-sdn-dhcp-range': { 'start-address': text, 'end-address': text },
  'backup-fleecing': {
    enabled: { ...flag, default_key: 1 },
    storage: formatted('pve-storage-id'),
  },
  'backup-performance': {
    'max-workers': { type: 'integer', optional: 1, minimum: 1, maximum: 256 },
    'pbs-entries-max': { type: 'integer', optional: 1, minimum: 1 },
  },
  'pve-qm-watchdog': {
    model: { ...one('i6300esb', 'ib700'), default_key: 1 },
    action: one('reset', 'shutdown', 'poweroff', 'pause', 'debug', 'none'),
  },
  'pve-qm-cicustom': Object.fromEntries(
    ['meta', 'network', 'user', 'vendor'].map((part) => [part, formatted('pve-volume-id')]),
  ),
  'pve-qm-ipconfig': {
    ip: formatted('pve-ipv4-config'),
    gw: formatted('ipv4', { requires: 'ip' }),
    ip6: formatted('pve-ipv6-config'),
    gw6: formatted('ipv6', { requires: 'ip6' }),
  },
  'pve-qm-rng': {
    source: { type: 'string', enum: ['/dev/urandom', '/dev/random', '/dev/hwrng'], default_key: 1 },
    max_bytes: { type: 'integer', optional: 1 },
    period: { type: 'integer', optional: 1 },
  },
  'pve-qm-hostpci': {
    host: { ...matching(`${pciAddress}(;${pciAddress})*`), default_key: 1 },
    mapping: formatted('pve-configid'),
    rombar: flag,
    romfile: matching('[^,;]+'),
    pcie: flag,
    'x-vga': flag,
    'legacy-igd': flag,
    mdev: matching('[^/\\.:]+'),
    'vendor-id': pciId,
    'device-id': pciId,
    'sub-vendor-id': pciId,
    'sub-device-id': pciId,
    driver: one('vfio', 'keep'),
  },
  'pve-qm-smbios1': {
    uuid: matching('[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}'),
    version: base64,
    serial: base64,
    manufacturer: base64,
    product: base64,
    sku: base64,
    family: base64,
    base64: flag,
  },
  'pve-qemu-sev-fmt': {
    type: { type: 'string', default_key: 1, enum: ['std', 'es', 'snp'], maxLength: 3 },
    'no-debug': flag,
    'no-key-sharing': flag,
    'allow-smt': flag,
    'kernel-hashes': flag,
  },
  'pve-qemu-tdx-fmt': {
    type: { type: 'string', default_key: 1, enum: ['tdx'] },
    attestation: { type: 'boolean' },
    'vsock-cid': { type: 'integer', optional: 1, minimum: 2 },
    'vsock-port': { type: 'integer', optional: 1, minimum: 0 },
  },
  'pve-vm-cpu-conf': {
    cputype: { type: 'string', optional: 1, default_key: 1 },
    'reported-model': one(...CPU_MODELS.split(' ').sort(byLowerCase)),
    hidden: flag,
    'hv-vendor-id': matching('[a-zA-Z0-9]{1,12}'),
    flags: matching('([+-])([a-zA-Z0-9\\-_\\.]+)(;([+-])([a-zA-Z0-9\\-_\\.]+))*'),
    'guest-phys-bits': { type: 'integer', optional: 1, minimum: 32, maximum: 64 },
    'phys-bits': formatted('pve-phys-bits'),
    level: { type: 'integer', optional: 1, minimum: 0, maximum: 4294967295 },
  },
  'prune-backups': {
    'keep-all': flag,
    ...Object.fromEntries(
      ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'].map((span) => [
        `keep-${span}`,
        { type: 'integer', optional: 1, minimum: 0 },
      ]),
    ),
  },
};

/** Writes a run of numbered names as one: mp0, mp1, …, mp255 becomes `mp0..255`. */
function withRuns(values) {
  const written = [];
  for (let index = 0; index < values.length; index++) {
    const stem = /^(\D+)0$/.exec(values[index])?.[1];
    let last = 0;
    while (stem !== undefined && values[index + last + 1] === `${stem}${last + 1}`) last++;
    written.push(last > 0 ? `${stem}0..${last}` : values[index]);
    index += last;
  }
  return written;
}

/** Ids for which the viewer only names a format; their limits are in the code (pve-network, Plugin.pm of Zones, Ipams and Dns, VnetPlugin.pm). */
const LONG_SDN_ID = { minLength: 2, pattern: '[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]' };
const SDN_ID = { ...LONG_SDN_ID, maxLength: 8 };
const SDN_IDS = {
  'pve-sdn-zone-id': SDN_ID,
  'pve-sdn-vnet-id': SDN_ID,
  'pve-sdn-ipam-id': LONG_SDN_ID,
  'pve-sdn-dns-id': LONG_SDN_ID,
  'pve-sdn-controller-id': { minLength: 2, maxLength: 64, pattern: '[a-zA-Z][a-zA-Z0-9_-]*[a-zA-Z0-9]' },
};
const bounded = ({ format, ...schema }) => ({ ...schema, ...(SDN_IDS[format] ?? { format }) });

/** A parameter that differs by protocol accepts the union of all; which protocol accepts what is in src/proxmox/sdn.ts. */
const merged = ({ oneOf, ...schema }) => {
  if (oneOf === undefined) return schema;
  const items = oneOf.map((alternative) => alternative.items);
  const words = items.flatMap((item) => item.enum ?? []);
  return {
    ...schema,
    optional: 1,
    items: {
      ...items[0],
      ...(words.length > 0 && { enum: words }),
      ...(items[0].format && { format: Object.assign({}, ...items.map(({ format }) => format)) }),
    },
  };
};

const factsOf = (schema) => factsIn(bounded(merged(schema)));

const factsIn = (schema) =>
  Object.fromEntries(
    FACTS.filter((fact) => schema[fact] != null).map((fact) => {
      if (fact === 'pattern') return [fact, schema.pattern.replaceAll(/\(\?\^(i?):/g, '(?$1:')];
      if (/^m(in|ax)imum$/.test(fact)) return [fact, Number(schema[fact])];
      if (fact === 'items') return [fact, factsOf(schema.items)];
      if (fact === 'enum') return [fact, withRuns(schema.enum.map(String))];
      if (fact !== 'format' || typeof schema.format === 'string') return [fact, schema[fact]];
      return [
        fact,
        formatName(
          Object.fromEntries(Object.entries(schema.format).map(([key, property]) => [key, factsOf(property)])),
        ),
      ];
    }),
  );

const formats = {};
const formatNames = new Map();
let option = '';
let apiPath = '';
/** Formats are stored once, under the guest kind and option that used them first; another format with the same name has its path appended. */
function formatName(format) {
  const key = JSON.stringify(format);
  if (!formatNames.has(key)) {
    const name = formats[option] === undefined ? option : `${apiPath}/${option.split('/').at(-1)}`;
    formatNames.set(key, name);
    formats[name] = format;
  }
  return formatNames.get(key);
}

const schemas = [];
const schemaIndex = new Map();
function schemaNumber(schema) {
  const key = JSON.stringify(schema);
  if (!schemaIndex.has(key)) schemaIndex.set(key, schemas.push(schema) - 1);
  return schemaIndex.get(key);
}

/** Backup jobs accept the parameters of the program that they run, and a schedule (pve-manager, PVE/API2/Backup.pm). */
const { 'job-id': _ofTheRun, stdout: _toTheCaller, ...dumped } = source.paths['/nodes/{node}/vzdump'].POST.params;
const job = {
  ...dumped,
  comment: { type: 'string', optional: 1, maxLength: 512 },
  dow: { type: 'string', optional: 1, format: 'pve-day-of-week-list', requires: 'starttime' },
  enabled: flag,
  'repeat-missed': flag,
  schedule: { type: 'string', optional: 1, format: 'pve-calendar-event', maxLength: 128 },
  starttime: matching('\\d{1,2}:\\d{1,2}'),
};
const jobId = { id: { type: 'string', maxLength: 50, pattern: '\\S+' } };
source.paths['/cluster/backup'] = {
  GET: {},
  POST: { params: { ...job, id: formatted('pve-configid') } },
};
source.paths['/cluster/backup/{id}'] = {
  GET: { params: jobId },
  PUT: { params: { ...job, ...jobId, delete: formatted('pve-configid-list') } },
  DELETE: { params: jobId },
};

const { acmedomain0: acmeDomain = source.paths['/nodes/{node}/config'].PUT.params['acmedomain[n]'], ...ofNode } =
  source.paths['/nodes/{node}/config'].PUT.params;
source.paths['/nodes/{node}/config'].PUT.params = { ...ofNode, 'acmedomain[n]': acmeDomain };

// Node paths that the description omits (pve-manager, PVE/API2/APT.pm, Certificates.pm, ACME.pm).
const onNode = { node: { type: 'string', format: 'pve-node' } };
const aptDigest = { digest: { ...optionalText, maxLength: 80 } };
source.paths['/nodes/{node}/apt/repositories'] = {
  GET: { name: 'repositories', params: onNode },
  PUT: { name: 'add_repository', params: { ...onNode, ...aptDigest, handle: text } },
  POST: {
    name: 'change_repository',
    params: { ...onNode, ...aptDigest, enabled: flag, index: { type: 'integer' }, path: text },
  },
};
source.paths['/nodes/{node}/certificates/custom'] = {
  POST: {
    name: 'upload_custom_cert',
    params: {
      ...onNode,
      certificates: { type: 'string', format: 'pem-certificate-chain' },
      key: formatted('pem-string'),
      force: flag,
      restart: flag,
    },
  },
  DELETE: { name: 'remove_custom_cert', params: { ...onNode, restart: flag } },
};
source.paths['/nodes/{node}/certificates/acme/certificate'] = {
  POST: { name: 'new_certificate', params: { ...onNode, force: flag } },
  PUT: { name: 'renew_certificate', params: { ...onNode, force: flag } },
  DELETE: { name: 'revoke_certificate', params: onNode },
};

// Which properties a rule needs follows from its type, which is checked after the command line (pve-ha-manager, PVE/HA/Rules.pm).
for (const name of ['affinity', 'nodes', 'resources']) source.paths['/cluster/ha/rules'].POST.params[name].optional = 1;

// Limits beside formats, which the viewer leaves out (pve-network, PVE/Network/SDN/Fabrics.pm and Controllers/IsisPlugin.pm).
const FABRIC_ID = { minLength: 2, maxLength: 8, pattern: '[a-zA-Z0-9][a-zA-Z0-9-]{0,6}[a-zA-Z0-9]' };
for (const [path, calls] of Object.entries(source.paths))
  for (const { params = {} } of Object.values(calls)) {
    if (path.startsWith('/cluster/sdn/fabrics/fabric') && params.id) Object.assign(params.id, FABRIC_ID);
    if (params.fabric_id) Object.assign(params.fabric_id, FABRIC_ID);
    if (params['isis-net']) Object.assign(params['isis-net'], { minLength: 20, maxLength: 50 });
  }

// Newer than the description (pve-manager, PVE/NodeConfig.pm; pve-access-control, PVE/Auth/OpenId.pm; pve-manager, PVE/API2/Subscription.pm).
source.paths['/nodes/{node}/config'].PUT.params.location = formatted('pve-node-location');
source.paths['/nodes/{node}/config'].GET.params.property.enum.push('location');
source.paths['/nodes/{node}/config'].GET.params.property.enum.sort();
for (const { params } of [source.paths['/access/domains'].POST, source.paths['/access/domains/{realm}'].PUT])
  params.audiences = matching('^[^\\x00-\\x1F\\x7F <>#"]*$');
source.paths['/nodes/{node}/subscription'].PUT.params.key.pattern = '\\s*pve([1248])([cbsp])-(arm-)?[0-9a-f]{10}\\s*';

// In Proxmox's pattern the dash is optional, so that each letter can match in two ways, and refusing a name takes exponential time. This pattern
// matches the same texts in one way.
const { reference } = source.paths['/nodes/{node}/storage/{storage}/oci-registry-pull'].POST.params;
reference.pattern = reference.pattern.replaceAll('[-]*', '-+');

const methods = {};
const order = (path) => (path.endsWith('/config') ? 0 : 1); // so that formats are named after config options
for (const path of Object.keys(source.paths)
  .filter((path) => KEPT_PATHS.test(path) || OBJECT_PATHS.test(path))
  .sort((a, b) => order(a) - order(b))) {
  for (const [method, { name, params }] of Object.entries(source.paths[path])) {
    const numbered = {};
    apiPath = path;
    for (const [parameter, schema] of Object.entries(params ?? {})) {
      option = `${path.includes('/lxc') ? 'lxc' : path.includes('/qemu') ? 'qemu' : 'storage'}/${parameter.replace('[n]', '')}`;
      numbered[parameter] = schemaNumber(factsOf(schema));
    }
    methods[`${method} ${path}`] = { name, parameters: numbered };
  }
}

// Newer than the description (pve-manager, PVE/API2/Cluster/Qemu/CustomCPUModels.pm): the properties of a guest's CPU as options.
{
  const path = '/cluster/qemu/custom-cpu-models';
  const { cputype: _type, ...properties } = NAMED_FORMATS['pve-vm-cpu-conf'];
  const { optional: _optional, ...reported } = properties['reported-model'];
  const numbered = (schemas) =>
    Object.fromEntries(
      Object.keys(schemas)
        .sort()
        .map((name) => [name, schemaNumber(schemas[name])]),
    );
  const name = { cputype: { type: 'string', format: 'pve-configid', maxLength: 40 } };
  const given = { cputype: text };
  const changes = { digest: { type: 'string', optional: 1, maxLength: 64 }, delete: formatted('pve-configid-list') };
  methods[`GET ${path}`] = { parameters: {} };
  methods[`POST ${path}`] = { parameters: numbered({ ...properties, ...name, 'reported-model': reported }) };
  methods[`DELETE ${path}/{cputype}`] = { parameters: numbered(given) };
  methods[`GET ${path}/{cputype}`] = { parameters: numbered(given) };
  methods[`PUT ${path}/{cputype}`] = { parameters: numbered({ ...properties, ...name, ...changes }) };
}

const verbs = {};
const prefixes = { pct: '/nodes/{node}/lxc', qm: '/nodes/{node}/qemu' };
for (const [verb, entry] of Object.entries(source.cli)) {
  const [program, first] = verb.split(' ');
  if (!KEPT_VERBS[program].split(' ').includes(first)) {
    verbs[verb] = {}; // known by name, so that words are shortened only while they stay unique
    continue;
  }
  if (entry.alias) {
    verbs[verb] = { alias: entry.alias };
    continue;
  }
  if (COMMAND_LINE_ONLY[verb] === undefined) {
    const candidates = Object.keys(methods).filter(
      (key) => methods[key].name === entry.method && key.includes(prefixes[program]) && !key.includes('/firewall'),
    );
    if (candidates.length !== 1) {
      process.stderr.write(
        `left out: ${verb} (${entry.class} ${entry.method}: ${candidates.join(', ') || 'not in the API description'})\n`,
      );
      continue;
    }
    verbs[verb] = { positional: entry.positional, method: candidates[0], fixed: ['node'] };
  } else verbs[verb] = { positional: entry.positional };
}
for (const [verb, [positional, method, fixed = [], formatted]] of Object.entries(MORE_VERBS))
  verbs[verb] = {
    positional,
    ...(method && { method }),
    ...(fixed.length > 0 && { fixed }),
    ...(formatted && { formatted: 1 }),
  };
for (const [verb, alias] of Object.entries(MORE_ALIASES)) verbs[verb] = { alias };
for (const [verb, parameters] of Object.entries(COMMAND_LINE_ONLY)) {
  verbs[verb].parameters = Object.fromEntries(
    Object.entries(parameters).map(([name, schema]) => [name, schemaNumber(factsOf(schema))]),
  );
}
for (const method of Object.values(methods)) delete method.name;

const highest = {
  // For a node, the viewer only has the first one (pve-manager, PVE/NodeConfig.pm, MAXDOMAINS).
  lxc: { acmedomain: 5, ...source.index_max.lxc },
  qemu: Object.fromEntries(Object.entries(source.index_max.qemu).map(([key, value]) => [key, Number(value)])),
  storage: {},
};
for (const [name, format] of Object.entries(NAMED_FORMATS)) formats[name] = format;
const { 'import-from': _allocatesOnly, ...ide } = formats['qemu/ide'];
formats['pve-qm-ide'] = ide;

/** Names that Proxmox reads from files of its host (Debian's tzdata and netbase). */
const columns = (file, column) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^[^#\s]/.test(line))
    .map((line) => column(line));
const names = {
  timeZones: columns('/usr/share/zoneinfo/zone.tab', (line) => line.split('\t')[2]).sort(),
  services: [
    ...new Set(columns('/etc/services', (line) => /^(\S+)\s+\S+\/(tcp|udp|sctp)/.exec(line)?.[1]).filter(Boolean)),
  ].sort(),
  protocols: [...new Set(columns('/etc/protocols', (line) => line.split(/\s+/).slice(0, 2)).flat()), 'icmpv6'].sort(),
  cpuModels: CPU_MODELS.split(' '),
};

/** A macro's rules: the properties that each sets. The source lists them flat; a new rule starts where a property repeats. */
function macroRules(flat) {
  const rules = [{}];
  for (let index = 0; index < flat.length; index += 2) {
    if (rules.at(-1)[flat[index]] !== undefined) rules.push({});
    rules.at(-1)[flat[index]] = flat[index + 1];
  }
  return rules.map(({ action: _parameter, ...fixed }) => fixed);
}
const macros = Object.fromEntries(
  Object.entries(lists.firewall_macros).map(([name, flat]) => [name, macroRules(flat)]),
);

const lines = (object) =>
  `{\n${Object.entries(object)
    .map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(',\n')}\n  }`;
writeFileSync(
  new URL('../src/proxmox/parameters/table.json', import.meta.url),
  `{
  "source": ${JSON.stringify(`Proxmox VE ${source.pve_version}`)},
  "highestIndex": ${JSON.stringify(highest)},
  "verbs": ${lines(verbs)},
  "methods": ${lines(methods)},
  "formats": ${lines(formats)},
  "names": ${lines(names)},
  "macros": ${lines(macros)},
  "schemas": [
${schemas.map((schema) => `    ${JSON.stringify(schema)}`).join(',\n')}
  ]
}
`,
);
