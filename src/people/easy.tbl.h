/*
 * W("word"): what most guessed passwords are made of. A password that is such words, with digits and signs around them
 * and between them, is refused, however long.
 */
W("password")
W("passwort") W("passw0rd") W("p@ssword") W("p@ssw0rd") W("motdepasse") W("contrasena")
    W("qwerty") W("qwertz") W("azerty") W("qwertyuiop") W("asdfghjkl") W("asdfgh") W("asdf")
	W("zxcvbnm") W("qazwsx") W("qazwsxedc") W("1q2w3e4r") W("1q2w3e4r5t") W("1qaz2wsx")
	    W("abc") W("abcd") W("abcdef") W("abcdefgh") W("abcdefghijkl") W("admin")
		W("administrator") W("root") W("user") W("login") W("welcome") W("willkommen")
		    W("letmein") W("changeme") W("default") W("secret") W("iloveyou")
			W("monkey") W("dragon") W("sunshine") W("princess") W("football")
			    W("baseball") W("superman") W("batman") W("master") W("shadow")
				W("michael") W("trustno") W("hello") W("test") W("demo")
				    W("summer") W("winter") W("spring") W("autumn")
					W("moderator") W("tutela")
