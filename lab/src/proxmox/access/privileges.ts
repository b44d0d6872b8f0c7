// What the roles that come with Proxmox allow (pve-access-control, PVE/AccessControl.pm, create_roles).

const words = (text: string): readonly string[] => text.split(' ').filter((word) => word !== '');

export const ROLE_PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  Administrator: words(
    'Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit Group.Allocate Mapping.Audit Mapping.Modify Mapping.Use Permissions.Modify Pool.Allocate Pool.Audit Realm.Allocate Realm.AllocateUser SDN.Allocate SDN.Audit SDN.Use Sys.AccessNetwork Sys.Audit Sys.Console Sys.Incoming Sys.Modify Sys.PowerMgmt Sys.Syslog User.Modify VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.GuestAgent.Unrestricted VM.Migrate VM.PowerMgmt VM.Replicate VM.Snapshot VM.Snapshot.Rollback',
  ),
  NoAccess: words(''),
  PVEAdmin: words(
    'Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit Group.Allocate Mapping.Audit Mapping.Use Pool.Allocate Pool.Audit Realm.AllocateUser SDN.Allocate SDN.Audit SDN.Use Sys.Audit Sys.Console Sys.Syslog User.Modify VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.GuestAgent.Unrestricted VM.Migrate VM.PowerMgmt VM.Replicate VM.Snapshot VM.Snapshot.Rollback',
  ),
  PVEAuditor: words('Datastore.Audit Mapping.Audit Pool.Audit SDN.Audit Sys.Audit VM.Audit VM.GuestAgent.Audit'),
  PVEDatastoreAdmin: words('Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit'),
  PVEDatastoreUser: words('Datastore.AllocateSpace Datastore.Audit'),
  PVEMappingAdmin: words('Mapping.Audit Mapping.Modify Mapping.Use'),
  PVEMappingUser: words('Mapping.Audit Mapping.Use'),
  PVEPoolAdmin: words('Pool.Allocate Pool.Audit'),
  PVEPoolUser: words('Pool.Audit'),
  PVESDNAdmin: words('SDN.Allocate SDN.Audit SDN.Use'),
  PVESDNUser: words('SDN.Audit SDN.Use'),
  PVESysAdmin: words('Sys.Audit Sys.Console Sys.Syslog'),
  PVETemplateUser: words('VM.Audit VM.Clone'),
  PVEUserAdmin: words('Group.Allocate Realm.AllocateUser User.Modify'),
  PVEVMAdmin: words(
    'VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.GuestAgent.Unrestricted VM.Migrate VM.PowerMgmt VM.Replicate VM.Snapshot VM.Snapshot.Rollback',
  ),
  PVEVMUser: words(
    'VM.Audit VM.Backup VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.PowerMgmt',
  ),
};
