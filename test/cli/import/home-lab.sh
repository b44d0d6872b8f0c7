# A home lab as people make it by hand: what the guides say, one guest after the other, nothing of it alike.
set -e
debian=local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst
ubuntu=local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst
pct create 110 $debian --hostname pihole --memory 512 --cores 1 --rootfs local-lvm:4 --net0 name=eth0,bridge=vmbr0,ip=10.0.0.110/24,gw=10.0.0.1 --unprivileged 1 --onboot 1
pct create 111 $debian --hostname proxy --memory 1024 --rootfs local-lvm:4 --net0 name=eth0,bridge=vmbr0,ip=dhcp --unprivileged 1 --features nesting=1 --tags 'community-script;web'
pct create 112 $ubuntu --hostname jellyfin --memory 2048 --swap 1024 --cores 4 --rootfs local-lvm:8 --mp0 /mnt/films,mp=/films,ro=1 --mp1 rpool:16,mp=/config --net0 name=eth0,bridge=vmbr0,ip=10.0.0.112/24,gw=10.0.0.1,tag=30 --unprivileged 0
pct create 113 $debian --hostname mail --memory 1024 --rootfs rpool:8 --net0 name=eth0,bridge=vmbr1,ip=10.1.0.13/24 --nameserver 9.9.9.9 --unprivileged 1 --description 'Ask Kim before you touch it'
qm create 210 --name haos --memory 4096 --cores 2 --bios ovmf --machine q35 --net0 virtio,bridge=vmbr0 --scsi0 local-lvm:32 --efidisk0 local-lvm:0 --agent 1 --onboot 1
qm create 211 --name dev --memory 4096 --cores 4 --net0 virtio,bridge=vmbr0 --scsi0 rpool:32 --ide2 rpool:cloudinit --ipconfig0 ip=10.0.0.211/24,gw=10.0.0.1 --ciuser kim
qm create 212 --name windows --memory 8192 --cores 4 --ostype win11 --net0 e1000,bridge=vmbr0 --sata0 local-lvm:64 --sata1 rpool:128,backup=0,ssd=1 --bios ovmf --efidisk0 local-lvm:1,efitype=4m,pre-enrolled-keys=1 --tpmstate0 local-lvm:1,version=v2.0
pct start 110
qm start 210
