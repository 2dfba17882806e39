//! A domain as MIT's kinit and Samba's smbclient see it: passwords on the standard input or in files.

use std::path::PathBuf;
use std::process::Command;

use environment::Description;
use tempfile::TempDir;

use super::tool::{Ended, fed, secret_file};

/// The realm of one domain controller.
pub struct Realm {
    name: String,
    fqdn: String,
    /// Where the controller is: no resolver of this machine knows its name.
    address: String,
    krb5_conf: PathBuf,
    folder: TempDir,
}

impl Realm {
    /// The realm of a world's first domain controller.
    pub fn of(told: &Description) -> Self {
        let place = &told.directories[0];
        Self {
            name: place.realm.clone(),
            fqdn: place.fqdn.clone(),
            address: place.address.clone(),
            krb5_conf: told.krb5_conf.clone().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn tool(&self, program: &str) -> Command {
        let mut tool = Command::new(program);
        let cache = self.folder.path().join("tickets");
        tool.env("KRB5_CONFIG", &self.krb5_conf)
            .env("KRB5CCNAME", format!("FILE:{}", cache.display()))
            .env("LC_ALL", "C");
        tool
    }

    /// Asks for a ticket; whatever tickets there were are gone.
    pub fn kinit(&self, sam: &str, password: &str) -> Ended {
        fed(self.tool("kdestroy"), "");
        let mut kinit = self.tool("kinit");
        kinit.arg(format!("{sam}@{}", self.name));
        fed(kinit, &format!("{password}\n"))
    }

    /// Lists the domain controller's share with the ticket that kinit got, and nothing else.
    pub fn share_by_ticket(&self) -> Ended {
        let mut smbclient = self.smbclient();
        smbclient.args(["--use-kerberos=required", "--use-krb5-ccache"]);
        smbclient.arg(self.folder.path().join("tickets"));
        fed(smbclient, "")
    }

    /// Lists the domain controller's share with a password (NTLM).
    pub fn share_by_password(&self, sam: &str, password: &str) -> Ended {
        let domain = self.name.split('.').next().unwrap();
        let content = format!("username = {sam}\npassword = {password}\ndomain = {domain}\n");
        let mut smbclient = self.smbclient();
        smbclient.args(["--use-kerberos=off", "--authentication-file"]);
        smbclient.arg(secret_file(self.folder.path(), &content));
        fed(smbclient, "")
    }

    /// smbclient, whatever this machine's own configuration of Samba says.
    fn smbclient(&self) -> Command {
        let mut smbclient = self.tool("smbclient");
        smbclient.arg(format!("//{}/netlogon", self.fqdn));
        smbclient.args(["--configfile=/dev/null", "--ip-address", &self.address, "--command=ls"]);
        smbclient
    }
}
