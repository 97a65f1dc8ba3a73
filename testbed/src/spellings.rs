//! An identity header in every spelling that some server reads as its name: each has brought somebody else's name
//! somewhere.

/// The header, as a policy writes it.
pub const NAME: &str = "x-user-id";

/// Spellings of [`NAME`] that HTTP allows, the name itself first.
pub const SPELLINGS: [&str; 19] = [
    NAME,
    "X-User-Id",
    "X-USER-ID",
    "x_user_id",
    "X_USER_ID",
    "x-user_id",
    "x_user-id",
    "X_User-Id",
    "X-User_Id",
    "x.user.id",
    "X-User.Id",
    "x.user_id",
    "x~user!id",
    "x*user'id",
    "x^user`id",
    "x+user#id",
    "x$user%id",
    "x&user|id",
    "x-user~id",
];
