package retriever

import "strings"

// set makes a look-up table of words.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// particles stand between first name and surname in small or large letters.
var particles = set("de da di del della der den van von la le du dos san st al bin ibn ter ten")

// ordinaryFirst are first names of the lists that captions use for places, months, seasons, stones,
// plants and virtues far more than for persons.
var ordinaryFirst = set(`a an asia august april autumn amber america an angel austin berry brook charity
chastity china christian clay cherry china cody crystal dakota dallas daisy dale dawn dee denver domenica
eden england faith florence forest forrest fern georgia ginger glen golden grace hazel heaven heather holly hope houston hunter
in india iris israel ivory ivy jade jasmine jersey jewel joy june kenya kitty lane lavender lily little love london
madison mercy merry miles may milan my mercedes misty montana olive orlando page paris paige pearl penny
phoenix precious princess prince ray rich robin rocky rose royal ruby san savannah sandy santa savanna scarlet sharp sherwood sterling star
stone stormy summer sunny sydney tiffany trinity troy van venus victoria violet virginia wade will willow winter
carolina cruz so many see long young don alpha bell bud buddy bunny buck carol
candy cedar chance chase colby cole dean duke earl early earth ferrari flo garnet gene happy harley hershel holiday
honey jean jeans lake lawn lexus major mark marina mason max mina minh mission noble nova numbers ocean peg porsche port rain
rusty sage salt sierra sparkle spring storm sun temple the tommy treasure wally west wood woods vernon king queen german les`)

// notFirst are names of the lists that captions hardly ever use for anybody: words of other
// languages, goods and places. Unlike ordinaryFirst they are no part of a name either.
var notFirst = set(`in le man hong lady tiny dell marvel chanel barbie liberty omega emerald kia maple marine
delta pandora raven fawn carry rosy diamond dia america france long easter miss ji`)

// notSurname are words that follow a first name in names of places, firms, goods and titles, and
// those that follow one without being part of any name.
var notSurname = set(`street avenue road drive court place square bridge hills park beach bay island islands
river lake lakes creek canyon valley mountain mountains mount falls forest county city town village district state
university college school academy institute museum gallery library cathedral chapel abbey castle palace
hospital hotel inn resort lodge house home homes apartment apartments condos tower building center centre mall plaza
airport station stadium arena field garden gardens farm ranch winery vineyard vineyards cafe restaurant bar grill
company co inc llc ltd group corp corporation brothers bros sons foundation association society club team league
band orchestra choir quartet trio records music album song songs soundtrack tour concert live show movie film series season
episode part vol volume book books edition magazine news press journal post times tv dvd blu-ray video channel
days night week month year years birthday wedding christmas easter halloween valentine valentines
collection set kit pack box bag bags dress dresses shirt shirts t-shirt jacket coat shoes boots sneakers hat watch
ring rings necklace bracelet earrings jewelry perfume lipstick makeup hair wig chair table sofa bed lamp rug
pillow quilt fabric pattern print prints poster canvas art painting drawing sketch illustration photo photos photography photographer
picture pictures portrait image images stock vector clip clipart logo icon template design designs designer style fashion
costume costumes toy toys doll figure game games card cards sticker tattoo coloring pages wallpaper wallpapers
recipe cake cookies pie bread soup sauce salad chicken beef pizza pasta wine beer coffee tea chocolate
car cars truck bike motor motors auto engine parts tire tires wheel wheels red blue yellow gold silver pink purple grey
orange new old big small large great best top first last north south east northern southern eastern western
american british german italian spanish chinese japanese indian mexican canadian australian african european irish scottish
in on at of the and or for with by from to as is are was were be an a his her their its my your our this that who what when where how why
says said talks speaks sings plays wins gets goes makes takes wears poses attends arrives performs performing attending arriving posing
v vs jr sr ii iii iv mr mrs ms dr queen prince princess saint st lord lady sir president senator governor mayor
january february march april june july august september october november december monday tuesday wednesday thursday friday saturday sunday
england france germany italy spain china japan india mexico canada australia africa europe america usa uk scotland ireland
california texas florida york london paris jersey carolina dakota virginia oregon ohio utah nevada arizona
canvas comforter furniture lighting leather vinyl cotton silk linen wool brand sale review reviews
sandals pumps boutique salon spa fitness dental clinic realty estate estates insurance bank law firm
family gift gifts christ bible psalm gospel chapter verse quote quotes lyrics chords sheet
dish dishes bowl mug plate vase candle mirror frame clock basket doors door window windows floor flooring tile wall walls
mini super pro max plus ultra classic vintage antique retro modern custom handmade personalized
dog dogs cat cats horse fish flower flowers tree plant roses lily terrier bulldog retriever spaniel
pants shorts skirt blouse sweater hoodie jeans socks sunglasses wallet backpack handbag purse tote belt scarf gloves
sterling diamond diamonds pearl pearls crystal crystals marble granite oak pine maple wooden metal steel glass
type series model line cruise express railway railroad line highway trail pass point port harbor harbour marina
awards award cup bowl festival fair market expo conference summit parade race marathon championship
army navy police classics collectibles fortress can men women kids
kors klein choo hilfiger spade burch lauren jacobs varvatos boss
wilderness commission baths galleries hollow catholic underwear`)

// lastSurname are surnames that are more often something else, unless nothing written with a capital
// follows: "Larry Brown, a tribute", but "Amber Brown Leather".
var lastSurname = set(`black gray green white brown rose stone wood bell bird day price
hill lane west church washington may king little shepherd english french`)
