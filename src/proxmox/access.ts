// Built-in privileges, roles and permission paths of Proxmox (pve-access-control, PVE/AccessControl.pm). Shared by the managers and the lab.

/** Where Proxmox keeps the passwords of its own users, a line `name:hash:` for each that has one (PVE/Auth/PVE.pm). */
export const PASSWORDS_FILE = '/etc/pve/priv/shadow.cfg';

/** sed expression that leaves the names alone. */
export const WITHOUT_HASHES = 's/:.*//';

/** Privileges by area: those of root and administrators, admins, users, and auditors. */
const PRIVILEGES = {
  VM: {
    root: [],
    admin: [
      'VM.Config.Disk',
      'VM.Config.CPU',
      'VM.Config.Memory',
      'VM.Config.Network',
      'VM.Config.HWType',
      'VM.Config.Options',
      'VM.Allocate',
      'VM.Clone',
      'VM.Migrate',
      'VM.Snapshot',
      'VM.Snapshot.Rollback',
      'VM.GuestAgent.Unrestricted',
      'VM.Replicate',
    ],
    user: [
      'VM.Config.CDROM',
      'VM.Config.Cloudinit',
      'VM.Console',
      'VM.Backup',
      'VM.PowerMgmt',
      'VM.GuestAgent.FileRead',
      'VM.GuestAgent.FileWrite',
      'VM.GuestAgent.FileSystemMgmt',
    ],
    audit: ['VM.Audit', 'VM.GuestAgent.Audit'],
  },
  Sys: {
    root: ['Sys.PowerMgmt', 'Sys.Modify', 'Sys.Incoming', 'Sys.AccessNetwork'],
    admin: ['Sys.Console', 'Sys.Syslog'],
    user: [],
    audit: ['Sys.Audit'],
  },
  Datastore: {
    root: [],
    admin: ['Datastore.Allocate', 'Datastore.AllocateTemplate'],
    user: ['Datastore.AllocateSpace'],
    audit: ['Datastore.Audit'],
  },
  SDN: { root: [], admin: ['SDN.Allocate'], user: ['SDN.Use'], audit: ['SDN.Audit'] },
  User: {
    root: ['Realm.Allocate'],
    admin: ['User.Modify', 'Group.Allocate', 'Realm.AllocateUser'],
    user: [],
    audit: [],
  },
  Pool: { root: [], admin: ['Pool.Allocate'], user: [], audit: ['Pool.Audit'] },
  Mapping: { root: [], admin: ['Mapping.Modify'], user: ['Mapping.Use'], audit: ['Mapping.Audit'] },
  Permissions: { root: ['Permissions.Modify'], admin: [], user: [], audit: [] },
} as const;

export const privileges: readonly string[] = Object.values(PRIVILEGES)
  .flatMap(({ root, admin, user, audit }): string[] => [...root, ...admin, ...user, ...audit])
  .sort();

/** Built-in roles are immutable, and no other name may start with PVE. */
export const BUILT_IN_ROLES: readonly string[] = [
  'Administrator',
  'NoAccess',
  'PVEAdmin',
  'PVEAuditor',
  'PVETemplateUser',
  ...['VM', 'Sys', 'Datastore', 'SDN', 'User', 'Pool', 'Mapping'].map((area) => `PVE${area}Admin`),
  ...['VM', 'Datastore', 'SDN', 'Pool', 'Mapping'].map((area) => `PVE${area}User`),
];

/** Built-in realms cannot be deleted. */
export const BUILT_IN_REALMS: readonly string[] = ['pam', 'pve'];
export const BUILT_IN_USER = 'root@pam';

const NAME = '[A-Za-z0-9._-]+';
const ACL_PATHS = [
  '/',
  '/access',
  `/access/(groups|realm)(/${NAME})?`,
  `/(nodes|storage)(/${NAME})?`,
  '/vms(/[1-9][0-9]{2,})?',
  `/pool(/${NAME}){0,3}`,
  `/mapping(/${NAME}){0,2}`,
  '/sdn',
  '/sdn/controllers(/[A-Za-z0-9_-]+)?',
  '/sdn/(dns|fabrics|ipams|prefix-lists|route-maps)(/[A-Za-z0-9]+)?',
  `/sdn/zones(/${NAME}){0,2}`,
  `/sdn/zones/${NAME}/${NAME}/[1-9][0-9]{0,3}`,
].map((pattern) => new RegExp(`^${pattern}$`));

/** The normal form of a permission path: starts with a slash, without trailing or repeated slashes. */
export function normalisedAclPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  return `/${parts.join('/')}`;
}

/** Whether Proxmox accepts the path, after normalisation. */
export function isAclPath(path: string): boolean {
  return ACL_PATHS.some((pattern) => pattern.test(normalisedAclPath(path)));
}
