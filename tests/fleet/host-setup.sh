# Runs inside a new root file system, after its packages: makes it a host that boots in a container and lets tests log in.
set -eu

# Debian has a group "operator" already, so neither gets a group of its own name.
for name in operator nosudo; do
  useradd --create-home --no-user-group --shell /bin/bash "$name"
done
printf 'operator ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/operator
chmod 0440 /etc/sudoers.d/operator

# Every host gets its own identity at its first start.
rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub
: >/etc/machine-id

# These need a kernel of their own: they would fail, or change the machine that runs the container.
systemctl mask --quiet systemd-modules-load.service dev-hugepages.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount sys-fs-fuse-connections.mount
rm -f /usr/lib/sysctl.d/*.conf

# A test that installs packages must not wait for a download that a timer started.
systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer
